"""The trace store for tests: the whole app, spans of any sender, and an operator who looks."""

import asyncio
import gzip
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Message
from sqlalchemy import select

from services.traces.app import create_app
from services.traces.settings import Settings
from services.traces.store.tables import metadata
from shared import clock
from shared.db import Database
from tests.support.tokens import TokenMaker

CASE = "990102000000202611210010000011"
OTHER_CASE = "990102000000202611210010000022"
PROTOBUF = "application/x-protobuf"
KINDS = {"internal": 1, "server": 2, "client": 3, "producer": 4, "consumer": 5}
MILLISECOND = 1_000_000


def now_ns() -> int:
    """Now, as spans have it."""
    return int(clock.now().timestamp() * 1e9)


def trace_id(number: int) -> str:
    """An id of a trace."""
    return f"{number:032x}"


def span_id(number: int) -> str:
    """An id of a span."""
    return f"{number:016x}"


def message(
    trace: int,
    span: int,
    parent: int = 0,
    *,
    name: str = "GET /v1/items",
    kind: str = "internal",
    at_ms: float = 0,
    took_ms: float = 10,
    failed: bool = False,
    start_ns: int | None = None,
    **attributes: Any,
) -> Message:
    """One span; `at_ms`: after a minute ago. Attributes with `__` for dots, or as `attributes`."""
    start = start_ns if start_ns is not None else now_ns() - 60_000 * MILLISECOND
    start += int(at_ms * MILLISECOND)
    given: Mapping[str, Any] = attributes.pop("attributes", {})
    made = Message(
        trace_id=bytes.fromhex(trace_id(trace)),
        span_id=bytes.fromhex(span_id(span)),
        parent_span_id=bytes.fromhex(span_id(parent)) if parent else b"",
        name=name,
        kind=KINDS[kind],  # type: ignore[arg-type]
        start_time_unix_nano=start,
        end_time_unix_nano=start + int(took_ms * MILLISECOND),
        attributes=pairs({k.replace("__", "."): v for k, v in attributes.items()} | dict(given)),
    )
    if failed:
        made.status.code = 2  # type: ignore[assignment]
    return made


def pairs(attributes: Mapping[str, Any]) -> list[KeyValue]:
    """Attributes as OTLP has them."""
    return [KeyValue(key=key, value=_value(value)) for key, value in attributes.items()]


def _value(value: Any) -> AnyValue:
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    if isinstance(value, list):
        return AnyValue(array_value=ArrayValue(values=[_value(one) for one in value]))
    return AnyValue(string_value=value)


def export(
    *spans: Message, service: str = "cases", resource: Mapping[str, Any] | None = None
) -> ExportTraceServiceRequest:
    """An export of one service."""
    request = ExportTraceServiceRequest()
    found = request.resource_spans.add()
    found.resource.attributes.extend(pairs({"service.name": service, **(resource or {})}))
    found.scope_spans.add().spans.extend(spans)
    return request


@dataclass
class Traces:
    """The app, a client of it, and tokens."""

    app: FastAPI
    http: httpx.AsyncClient
    tokens: TokenMaker
    db: Database

    def operator(self, *roles: str, **more: Any) -> dict[str, str]:
        """Somebody who runs the platform."""
        token = self.tokens.staff(
            "stf_operator", roles=roles or ("system_administrator",), scopes="ops.read",
            aud=[f"{self.tokens.base}/api/traces"], **more,
        )  # fmt: skip
        return {"Authorization": f"Bearer {token}"}

    async def send(
        self,
        *spans: Message,
        service: str = "cases",
        packed: bool = False,
        resource: Mapping[str, Any] | None = None,
    ) -> ExportTraceServiceResponse:
        """Export spans, which must be answered well."""
        body = export(*spans, service=service, resource=resource).SerializeToString()
        headers = {"Content-Type": PROTOBUF} | ({"Content-Encoding": "gzip"} if packed else {})
        content = gzip.compress(body) if packed else body
        answer = await self.http.post("/otlp/v1/traces", content=content, headers=headers)
        assert answer.status_code == 200, answer.text
        found: ExportTraceServiceResponse = ExportTraceServiceResponse.FromString(answer.content)
        return found

    async def get(self, path: str, **params: Any) -> Any:
        """What an operator is answered, which must be something."""
        answer = await self.http.get(path, params=params, headers=self.operator())
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def found(self, **params: Any) -> list[str]:
        """The ids of the traces that are found."""
        return [one["trace_id"] for one in (await self.get("/v1/traces", **params))["items"]]

    async def written(self, count: int) -> None:
        """Wait until so many spans are stored."""
        await self.until(lambda: self._stored(count))

    async def _stored(self, count: int) -> bool:
        return len(await self.rows("spans")) >= count

    async def rows(self, name: str) -> list[Any]:
        """All rows of a table."""
        async with self.db.read() as connection:
            return list(await connection.execute(select(metadata.tables[name])))

    async def everything(self) -> str:
        """Every row of every table as one text."""
        found = [row for table in metadata.tables for row in await self.rows(table)]
        return "\n".join(str(tuple(row)) for row in found)

    @staticmethod
    async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 10) -> None:
        """Wait until the condition holds."""
        async with asyncio.timeout(seconds):
            while not await condition():  # noqa: ASYNC110 - it asks a database
                await asyncio.sleep(0.02)


@asynccontextmanager
async def running(url: str, folder: Path, **changes: Any) -> AsyncGenerator[Traces]:
    """The service on this database."""
    tokens = TokenMaker()
    settings = {
        "database_url": url,
        "KEYS_FOLDER": folder / "keys",
        "EVENTS_URL": f"sqlite:///{folder}/events.db",
        "TONGBAN_ENVIRONMENT": "onebox",
        "IDENTITY_URL": "http://127.0.0.1:9",
        **changes,
    }
    app = create_app(Settings.model_validate(settings), jwks=tokens.jwks)
    runtime = app.state.runtime
    await runtime.migrations.upgrade(runtime.db)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://traces", timeout=20) as http,
    ):
        yield Traces(app, http, tokens, runtime.db)


def ids(*numbers: int) -> Iterable[str]:
    """Ids of traces."""
    return [trace_id(number) for number in numbers]
