"""A BentoML service that answers, fails and waits as it is told, with a second one behind it."""

import asyncio

import bentoml


@bentoml.service(name="speller")
class Speller:
    @bentoml.api
    async def spell(self, name: str) -> str:
        return name.title()


@bentoml.service(name="greeter")
class Greeter:
    speller = bentoml.depends(Speller)

    @bentoml.api
    async def greet(self, name: str) -> str:
        return "Good day, " + await self.speller.to_async.spell(name)

    @bentoml.api
    async def fail(self) -> str:
        raise RuntimeError("out of order")

    def __init__(self):
        self.released = asyncio.Event()

    @bentoml.api
    async def wait(self) -> str:
        await self.released.wait()
        return "done"

    @bentoml.api
    async def release(self) -> None:
        self.released.set()
