"""What telemetry costs a bare route, and which share of a real service's CPU tracing takes.

    python -m tests.benchmarks.bench_telemetry [requests in a turn]

First a route that does nothing: without, with ours, with FastAPI's own; spans are thrown away.
Then the catalogue, with SQLite, events and relay, without a collector and with one in another
process: tracing's share is what is added to the CPU time of this process, export included.
A B A B; read the ratios, the times depend on the machine.
"""

import asyncio
import os
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import orjson
from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from services.catalogue.app import create_app
from services.catalogue.commands.importing import Import
from services.catalogue.settings import Settings
from shared.service import Runtime
from shared.telemetry import FASTAPI_TELEMETRY, Telemetry, TelemetrySettings, facts
from tests.support.platform import DEMO, DEPARTMENT, REGION, an_item
from tests.support.stations import until
from tests.support.tokens import TokenMaker

Headers = list[tuple[bytes, bytes]]

TURNS, SERVICE_TURNS = 5, 9
OK, CREATED = 200, 201
ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
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


async def call(app: ASGIApp, method: str, path: str, headers: Headers, body: bytes = b"") -> int:
    """One request to an app, without a network; says the status."""
    statuses: list[int] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": headers,
    }
    await app(scope, receive, send)
    return statuses[0]


async def _cpu_microseconds(app: ASGIApp, path: str, requests: int) -> float:
    begin = time.process_time()
    for _ in range(requests):
        await call(app, "GET", path, HEADERS)
    return (time.process_time() - begin) / requests * 1e6


async def _bare_route(requests: int) -> None:
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


@dataclass
class Service:
    """The catalogue as one variant has it."""

    app: FastAPI
    headers: Headers
    made: int = 0

    async def read(self) -> None:
        """Somebody looks at an item."""
        path = f"/v1/items/{_code(0)}"
        assert await call(self.app, "GET", path, HEADERS) == OK

    async def publish(self) -> None:
        """An editor publishes an item: rows, event, evidence; the relay takes the event away."""
        self.made += 1
        body = orjson.dumps(an_item(_code(self.made)))
        headers = [*self.headers, (b"content-length", b"%d" % len(body))]
        assert await call(self.app, "POST", "/v1/items", headers, body) == CREATED

    async def settle(self) -> None:
        """Until its events have left and its spans are taken."""
        runtime = self.app.state.runtime
        await until(lambda: self._gone(runtime))
        await runtime.telemetry.flush()

    @staticmethod
    async def _gone(runtime: Runtime) -> bool:
        return (await runtime.relay.state()).waiting == 0


def _code(number: int) -> str:
    return f"{DEPARTMENT}40001{number:08}"


def _open(folder: Path, told: dict[str, str]) -> FastAPI:
    folder.mkdir()
    os.environ.update(told)
    settings = Settings.model_validate({
        "database_url": f"sqlite:///{folder}/catalogue.db",
        "EVENTS_URL": f"sqlite:///{folder}/events.db",
        "KEYS_FOLDER": folder / "keys",
        "TONGBAN_ENVIRONMENT": "onebox",
    })  # fmt: skip
    app = create_app(settings)
    for name in told:
        del os.environ[name]
    return app


@asynccontextmanager
async def _catalogue(folder: Path, told: dict[str, str]) -> AsyncGenerator[Service]:
    app, tokens = _open(folder, told), TokenMaker()
    app.state.verifier = tokens.verifier("catalogue")
    runtime = app.state.runtime
    await runtime.migrations.upgrade(runtime.db)
    importing = Import(runtime.db, app.state.publishing, "bench")
    for name in ("regions", "departments"):
        await importing.run(DEMO / f"catalogue/{name}.json", None)
    token = tokens.staff(
        department=DEPARTMENT, region=REGION, roles=("catalogue_editor",), scopes="catalogue.manage"
    )
    bearer = (b"authorization", f"Bearer {token}".encode())
    headers = [*HEADERS, bearer, (b"content-type", b"application/json")]
    service = Service(app, headers, -1)
    async with app.router.lifespan_context(app):
        await service.publish()
        yield service


async def _shares(requests: int, folder: Path, collector: str) -> None:
    async with AsyncExitStack() as stack:
        services: dict[str, Service] = {}
        for sample in (None, "0", "0.1", "1"):
            told = {} if sample is None else {ENDPOINT: collector, "TELEMETRY_SAMPLE": sample}
            name = "no collector" if sample is None else f"sample {sample}"
            services[name] = await stack.enter_async_context(_catalogue(folder / name, told))
        for act in (Service.read, Service.publish):
            costs: dict[str, list[float]] = {name: [] for name in services}
            for _ in range(SERVICE_TURNS):
                for name, service in services.items():
                    begin = time.process_time()
                    for _ in range(requests):
                        await act(service)
                    await service.settle()
                    costs[name].append((time.process_time() - begin) / requests * 1e6)
            # The best turn: what else runs on the machine only ever adds.
            without = min(costs["no collector"])
            for name, turns in costs.items():
                cost = min(turns)
                share = f"tracing {(cost - without) / cost:6.1%} of the service's CPU"
                sys.stdout.write(f"{act.__name__:14} {name:28} {cost:7.0f} µs  {share}\n")


async def _main(requests: int) -> None:
    await _bare_route(requests)
    listening = [sys.executable, "-m", "tests.support.collector"]
    process = await asyncio.create_subprocess_exec(*listening, stdout=PIPE)
    assert process.stdout is not None
    collector = (await process.stdout.readline()).decode().strip()
    try:
        with tempfile.TemporaryDirectory() as folder:
            await _shares(max(20, requests // 20), Path(folder), collector)
    finally:
        process.terminate()
        await process.wait()


if __name__ == "__main__":
    # Logged into the void: the cost of making the line counts, that of a terminal does not.
    with Path(os.devnull).open("w") as sys.stderr:
        asyncio.run(_main(int(sys.argv[1]) if len(sys.argv) > 1 else 3000))
