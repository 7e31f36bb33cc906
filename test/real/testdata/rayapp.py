"""Ray Serve with two small applications: one that answers, fails and waits as it is told through a second deployment,
and one whose name is not that of its deployment. Arguments: HTTP port, metrics port, dashboard port, folder of the session."""

import asyncio
import signal
import sys

import ray
from ray import serve
from starlette.requests import Request
from starlette.responses import PlainTextResponse


@serve.deployment
class Speller:
    async def spell(self, name: str) -> str:
        return name.title()


@serve.deployment(max_ongoing_requests=2)
class Greeter:
    def __init__(self, speller):
        self.speller = speller

    async def __call__(self, request: Request):
        asked = request.query_params
        if "fail" in asked:
            raise RuntimeError("out of order")
        if "refuse" in asked:
            return PlainTextResponse("no", status_code=422)
        if "wait" in asked:
            await asyncio.sleep(float(asked["wait"]))
        return "Good day, " + await self.speller.spell.remote(asked.get("name", "you"))


@serve.deployment
async def clock(request: Request) -> str:
    return "noon"


http, metrics, dashboard = (int(a) for a in sys.argv[1:4])
signals = {signal.SIGTERM, signal.SIGINT}
signal.pthread_sigmask(signal.SIG_BLOCK, signals)  # the processes of Ray inherit it only until they set their own
ray.init(
    num_cpus=2,
    num_gpus=0,
    object_store_memory=100 * 1024 * 1024,
    include_dashboard=True,
    dashboard_host="127.0.0.1",
    dashboard_port=dashboard,
    _metrics_export_port=metrics,
    _temp_dir=sys.argv[4],
    _system_config={"metrics_report_interval_ms": 500},
    log_to_driver=False,
)
serve.start(http_options={"host": "127.0.0.1", "port": http})
serve.run(Greeter.bind(Speller.options(ray_actor_options={"num_cpus": 0.1}).bind()), name="chat", route_prefix="/chat")
serve.run(clock.options(ray_actor_options={"num_cpus": 0.1}).bind(), name="time", route_prefix="/time")
print("serving", flush=True)
signal.sigwait(signals)
ray.shutdown()
