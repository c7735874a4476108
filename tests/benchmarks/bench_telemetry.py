"""What telemetry costs a request: none, ours unsampled, ours sampled, FastAPI's own; A B A B.

    python tests/benchmarks/bench_telemetry.py [requests in a turn]

The app is called without a network, as CPU time of this process; the exporter throws its spans
away. Read the ratios; the times depend on the machine.
"""

import asyncio
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from shared.telemetry import FASTAPI_TELEMETRY, Telemetry, TelemetrySettings, facts

TURNS = 5
HEADERS = [(b"host", b"x"), (b"user-agent", b"bench"), (b"x-request-id", b"req_0190a1b2")]


class Away(SpanExporter):
    """Takes spans and forgets them."""

    def export(self, _spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Forget them."""
        return SpanExportResult.SUCCESS


async def _lean(request: Request) -> Response:
    facts(case_number=request.path_params["number"])
    return PlainTextResponse("ok")


async def _ordinary(number: str) -> str:
    facts(case_number=number)
    return "ok"


def _app(telemetry: TelemetryConfig = FASTAPI_TELEMETRY) -> FastAPI:
    app = FastAPI(telemetry=telemetry)
    app.add_route("/lean/{number}", _lean)
    app.get("/ordinary/{number}")(_ordinary)
    return app


def _ours(sample: float) -> ASGIApp:
    telemetry = Telemetry.start("bench", TelemetrySettings(sample=sample), exporter=Away())
    app = _app()
    telemetry.install(app)
    return app


def _fastapis_own() -> ASGIApp:
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(Away()))
    return _app({"tracer_provider": provider, "operation_spans": False})


async def _cpu_microseconds(app: ASGIApp, path: str, requests: int) -> float:
    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_message: Message) -> None:
        return None

    begin = time.process_time()
    for _ in range(requests):
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": HEADERS,
        }
        await app(scope, receive, send)
    return (time.process_time() - begin) / requests * 1e6


async def _main(requests: int) -> None:
    variants: dict[str, Callable[[], ASGIApp]] = {
        "none": _app,
        "ours, unsampled": lambda: _ours(0),
        "ours, sampled at 10 %": lambda: _ours(0.1),
        "ours, all sampled": lambda: _ours(1),
        "FastAPI's own, all sampled": _fastapis_own,
    }
    apps = {name: make() for name, make in variants.items()}
    for path in ("/lean/42", "/ordinary/42"):
        costs: dict[str, list[float]] = {name: [] for name in apps}
        for _ in range(TURNS):
            for name, app in apps.items():
                costs[name].append(await _cpu_microseconds(app, path, requests))
        bare = median(costs["none"])
        for name, turns in costs.items():
            cost = median(turns)
            more = f"+{cost - bare:6.1f} µs  {cost / bare:5.2f} x"
            sys.stdout.write(f"{path:14} {name:28} {cost:7.1f} µs  {more}\n")


if __name__ == "__main__":
    # Logged into the void: the cost of making the line counts, that of a terminal does not.
    with Path(os.devnull).open("w") as sys.stderr:
        asyncio.run(_main(int(sys.argv[1]) if len(sys.argv) > 1 else 3000))
