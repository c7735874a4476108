"""Our client against plain httpx: 64 requests at once on one client, in turns A B A B.

    python tests/benchmarks/bench_http_client.py [requests in a turn]

The upstream runs in a process of its own. Read the ratio; the rates depend on the machine.
"""

import asyncio
import multiprocessing
import socket
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median

import httpx
import uvicorn

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from shared.http import client
from shared.http.wire import Upstream

CONCURRENCY, TURNS = 64, 3
ANSWER = b'{"padding": "' + b"x" * 1000 + b'"}'

Call = Callable[[], Awaitable[object]]


async def _app(scope, receive, send) -> None:  # type: ignore[no-untyped-def]
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(ANSWER))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": ANSWER})


def _serve(path: str) -> None:
    uvicorn.run(_app, uds=path, lifespan="off", log_level="warning", access_log=False)


async def _rate(call: Call, requests: int) -> float:
    async def worker(count: int) -> None:
        for _ in range(count):
            await call()

    begin = time.perf_counter()
    await asyncio.gather(*(worker(requests // CONCURRENCY) for _ in range(CONCURRENCY)))
    return requests / (time.perf_counter() - begin)


async def _compare(path: str, requests: int) -> None:
    upstream = Upstream(f"unix:{path}")

    async def engine() -> None:
        await (await upstream.send(b"GET", b"/", [])).read(4096)

    plain = httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=path), base_url="http://x")
    async with client(f"unix:{path}") as ours, plain:
        calls: dict[str, Call] = {
            "httpx alone": lambda: plain.get("/"),
            "shared.http.client": lambda: ours.get("/"),
            "engine alone (gateway)": engine,
        }
        rates: dict[str, list[float]] = {name: [] for name in calls}
        for _ in range(TURNS):
            for name, call in calls.items():
                rates[name].append(await _rate(call, requests))
    base = median(rates["httpx alone"])
    for name, measured in rates.items():
        rate = median(measured)
        sys.stdout.write(f"{name:24} {rate:8.0f} requests/s   ratio {rate / base:6.2f}\n")
    upstream.close()


def main() -> None:
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 640
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/upstream.sock"
        server = multiprocessing.Process(target=_serve, args=(path,), daemon=True)
        server.start()
        with socket.socket(socket.AF_UNIX) as probe:
            while probe.connect_ex(path):
                time.sleep(0.05)
        asyncio.run(_compare(path, requests))
        server.terminate()


if __name__ == "__main__":
    main()
