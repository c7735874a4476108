"""A service's telemetry with its spans kept in memory, and an app that it watches."""

from collections.abc import AsyncGenerator, Callable

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount

from shared.telemetry import FASTAPI_TELEMETRY, Telemetry, TelemetrySettings, facts

Start = Callable[..., "Watched"]


class Watched:
    """One service: its app, its telemetry, and what was exported."""

    def __init__(self, service: str, sample: float, slow_routes: dict[str, float]) -> None:
        self.exported = InMemorySpanExporter()
        settings = TelemetrySettings(sample=sample, slow=30)
        self.telemetry = Telemetry.start(service, settings, exporter=self.exported)
        self.app = sample_app(self.telemetry)
        self.telemetry.install(self.app, slow_routes)
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://service")

    async def spans(self) -> list[ReadableSpan]:
        """What has been exported until now, the earliest end first."""
        await self.telemetry.flush()
        return list(self.exported.get_finished_spans())

    async def close(self) -> None:
        await self.http.aclose()
        await self.telemetry.close()


def sample_app(telemetry: Telemetry) -> FastAPI:
    app = FastAPI(telemetry=FASTAPI_TELEMETRY)
    cases = APIRouter(prefix="/cases")

    @cases.get("/{number}")
    async def read(number: str) -> str:
        facts(case_number=number, item_code="ITEM-1")
        with telemetry.span("look", act="read"):
            return number

    @cases.post("/{number}/break")
    async def break_it(number: str) -> str:
        raise RuntimeError(f"张三 13800138000 {number}")

    @cases.post("/{number}/overload")
    async def overload(number: str) -> Response:
        return PlainTextResponse("", 503)

    async def lean(request: Request) -> Response:
        return PlainTextResponse(request.path_params["code"])

    async def mounted(scope: object, receive: object, send: object) -> None:
        await PlainTextResponse("file")(scope, receive, send)  # type: ignore[arg-type]

    v1 = APIRouter(prefix="/v1")
    v1.include_router(cases)
    app.include_router(v1)
    app.add_route("/lean/{code}", lean)
    app.router.routes.append(Mount("/static", mounted))
    return app


@pytest.fixture
async def start() -> AsyncGenerator[Start]:
    """Starts services; each with the share of requests that it samples."""
    started: list[Watched] = []

    def start_one(
        service: str = "cases", sample: float = 0.0, slow_routes: dict[str, float] | None = None
    ) -> Watched:
        started.append(Watched(service, sample, slow_routes or {}))
        return started[-1]

    yield start_one
    for one in started:
        await one.close()
