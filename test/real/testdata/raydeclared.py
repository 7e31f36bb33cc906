"""Ray Serve whose applications are declared by its REST API: it starts one by code, and offers two builders to declare more.
Arguments: HTTP port, metrics port, dashboard port, folder of the session."""

import os
import signal
import sys

from ray import serve
from starlette.requests import Request


@serve.deployment
class Model:
    def __init__(self, name: str):
        self.name = name

    async def __call__(self, request: Request) -> str:
        return self.name


@serve.deployment
async def clock(request: Request) -> str:
    return "noon"


def chat(args: dict):
    return Model.bind(args["model"])


time = clock.bind()


def main():
    import ray

    http, metrics, dashboard = (int(a) for a in sys.argv[1:4])
    signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)  # the processes of Ray inherit it only until they set their own
    os.environ["PYTHONPATH"] = os.path.dirname(os.path.abspath(__file__))  # where its workers find this module
    ray.init(
        num_cpus=2,
        num_gpus=0,
        object_store_memory=100 * 1024 * 1024,
        include_dashboard=True,
        dashboard_host="127.0.0.1",
        dashboard_port=dashboard,
        _metrics_export_port=metrics,
        _temp_dir=sys.argv[4],
        log_to_driver=False,
    )
    serve.start(http_options={"host": "127.0.0.1", "port": http})
    serve.run(clock.options(ray_actor_options={"num_cpus": 0.1}).bind(), name="byhand", route_prefix="/byhand")
    print("serving", flush=True)
    signal.sigwait(signals)
    ray.shutdown()


if __name__ == "__main__":
    main()
