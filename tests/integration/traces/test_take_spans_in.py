"""OTLP/HTTP as its specification has it: what is taken, what is refused, and how that is said."""

import asyncio
import gzip
import json
import threading
import zlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind
from prometheus_client import CollectorRegistry
from sqlalchemy.ext.asyncio import AsyncConnection

from services.traces.api.otlp.spans import read
from services.traces.commands import Intake, Scrubbing
from shared.db import Database, DatabaseUnavailable
from tests.support.traces import (
    PROTOBUF,
    Traces,
    export,
    message,
    now_ns,
    running,
    span_id,
    trace_id,
)

OTLP = "/otlp/v1/traces"
JSON = "application/json"
DAY_NS = 86_400 * 10**9


async def post(traces: Traces, body: bytes, kind: str = PROTOBUF, **headers: str) -> httpx.Response:
    return await traces.http.post(OTLP, content=body, headers={"Content-Type": kind, **headers})


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
async def test_protobuf_is_taken_and_answered_in_protobuf(traces: Traces, packed: bool) -> None:
    answer = await traces.send(message(1, 1, kind="server"), packed=packed)
    assert not answer.HasField("partial_success")
    await traces.written(1)
    assert await traces.found() == [trace_id(1)]


async def test_json_is_taken_with_ids_in_hex_and_numbers_as_text(traces: Traces) -> None:
    start = now_ns()
    span = {
        "traceId": trace_id(0xABC).upper(),
        "spanId": span_id(1),
        "parentSpanId": "",
        "name": "GET /v1/items",
        "kind": 2,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + 5_000_000),
        "attributes": [
            {"key": "http.route", "value": {"stringValue": "/v1/items"}},
            {"key": "http.response.status_code", "value": {"intValue": "200"}},
        ],
        "status": {"code": 2},
        "fieldOfALaterVersion": {"ignored": True},
    }
    body = {"resourceSpans": [{"resource": {"attributes": [
        {"key": "service.name", "value": {"stringValue": "vendor"}}]},
        "scopeSpans": [{"spans": [span]}]}]}  # fmt: skip
    answer = await post(traces, json.dumps(body).encode(), f"{JSON}; charset=utf-8")
    assert (answer.status_code, answer.json()) == (200, {})
    assert answer.headers["content-type"] == JSON
    await traces.written(1)
    found = await traces.get(f"/v1/traces/{trace_id(0xABC)}")
    assert found["root"] == {"service": "vendor", "name": "GET /v1/items", "come": True}
    assert found["tree"][0]["attributes"]["http.response.status_code"] == 200
    assert found["errors"] == 1


async def test_what_is_no_span_is_rejected_alone_and_named(traces: Traces) -> None:
    good = message(1, 1)
    no_trace, no_span, no_time = message(1, 2), message(1, 3), message(1, 4)
    no_trace.trace_id = b"short"
    no_span.span_id = bytes(8)
    no_time.start_time_unix_nano = 0
    old = message(1, 5, start_ns=now_ns() - 8 * DAY_NS)
    answer = await traces.send(good, no_trace, no_span, no_time, old)
    assert answer.partial_success.rejected_spans == 4
    for reason in ("trace_id", "span_id", "start_time_unix_nano", "older than traces are kept"):
        assert reason in answer.partial_success.error_message
    await traces.written(1)
    assert len(await traces.rows("spans")) == 1


async def test_json_tells_of_rejected_spans_as_json_has_numbers(traces: Traces) -> None:
    body = {"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "zz", "spanId": "1"}]}]}]}
    answer = await post(traces, json.dumps(body).encode(), JSON)
    assert answer.json()["partialSuccess"]["rejectedSpans"] == "1"


@pytest.mark.parametrize(
    ("body", "kind", "headers", "status"),
    [
        (b"\xff\xff\xff", PROTOBUF, {}, 400),
        (b"{", JSON, {}, 400),
        (b'{"resourceSpans": 1}', JSON, {}, 400),
        (b"[" * 5000 + b"]" * 5000, JSON, {}, 400),
        (b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":1}]}]}]}', JSON, {}, 400),
        (b"no gzip", PROTOBUF, {"Content-Encoding": "gzip"}, 400),
        (gzip.compress(b"cut" * 99)[:20], PROTOBUF, {"Content-Encoding": "gzip"}, 400),
        (b"", "text/plain", {}, 415),
        (b"", PROTOBUF, {"Content-Encoding": "br"}, 415),
    ],
    ids=["bytes", "cut", "shape", "deep", "number", "unpacked", "torn", "text", "brotli"],
)
async def test_bad_data_is_told_by_a_status_and_no_more_is_asked_of_it(
    traces: Traces, body: bytes, kind: str, headers: dict[str, str], status: int
) -> None:
    answer = await post(traces, body, kind, **headers)
    assert answer.status_code == status, answer.text
    if kind == PROTOBUF:
        assert answer.headers["content-type"] == PROTOBUF
        assert answer.content[:2] == b"\x08\x03"  # code: INVALID_ARGUMENT
    else:
        assert answer.json()["code"] == 3
        assert answer.json()["message"]


async def test_an_empty_export_is_fine(traces: Traces) -> None:
    answer = await post(traces, b"")
    assert answer.status_code == 200
    assert ExportTraceServiceResponse.FromString(answer.content) == ExportTraceServiceResponse()


async def test_deflate_is_unpacked_as_well(traces: Traces) -> None:
    body = zlib.compress(export(message(1, 1)).SerializeToString())
    answer = await post(traces, body, **{"Content-Encoding": "deflate"})
    assert answer.status_code == 200
    await traces.written(1)


async def test_other_signals_and_methods_are_not_taken(traces: Traces) -> None:
    assert (await traces.http.post("/otlp/v1/metrics")).status_code == 404
    assert (await traces.http.get(OTLP)).status_code == 405


async def test_a_body_beyond_the_limit_is_413_packed_or_not(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/traces.db"
    async with running(url, tmp_path, body_bytes=4096) as traces:
        large = export(message(1, 1, name="x" * 5000)).SerializeToString()
        assert (await post(traces, large)).status_code == 413
        bomb = gzip.compress(bytes(10_000_000))
        assert len(bomb) > 4096
        assert (await post(traces, bomb, **{"Content-Encoding": "gzip"})).status_code == 413
        small = gzip.compress(bytes(100_000))
        assert len(small) < 4096
        answer = await post(traces, small, **{"Content-Encoding": "gzip"})
        assert answer.status_code == 413
        assert b"4096" in answer.content


async def test_a_full_queue_says_when_to_come_again_and_loses_nothing(tmp_path: Path) -> None:
    async with running(f"sqlite:///{tmp_path}/traces.db", tmp_path, queue=50) as traces:
        spans = traces.app.state.runtime.spans
        held = spans.engine.begin()
        await held.__aenter__()  # whoever holds the database keeps the queue from being written
        statuses = []
        for number in range(1, 21):
            body = export(*(message(number, one) for one in range(1, 11))).SerializeToString()
            answer = await post(traces, body)
            statuses.append(answer.status_code)
        await held.__aexit__(None, None, None)
        taken = statuses.count(200)
        assert 5 <= taken < 20
        assert set(statuses) == {200, 503}
        assert answer.headers["Retry-After"] == "1"
        await traces.written(taken * 10)
        assert len(await traces.rows("spans")) == taken * 10
        assert (await post(traces, body)).status_code == 200


async def test_spans_wait_while_the_database_is_away(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/traces.db"
    async with running(url, tmp_path) as traces:
        db = Unreliable(url)
        intake = Intake(db, Scrubbing(), CollectorRegistry(), queue=100, trace_spans=10)
        stop = asyncio.Event()
        task = asyncio.create_task(intake.run(stop))
        intake.add(intake.prepare(read(export(message(1, 1)), 0).spans))
        await asyncio.wait_for(db.asked.wait(), 5)
        assert await traces.rows("spans") == []
        db.away = False
        await traces.written(1)
        stop.set()
        await task
        await db.dispose()


class Unreliable(Database):
    """A database that is away until it is said to be back."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.away = True
        self.asked = asyncio.Event()

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[AsyncConnection]:
        self.asked.set()
        if self.away:
            raise DatabaseUnavailable("away")
        async with super().write() as tx:
            yield tx


async def test_an_export_leaves_no_trace_of_itself(traces: Traces) -> None:
    before = (await traces.http.get("/metrics")).text
    await traces.send(message(1, 1))
    await traces.written(1)
    assert (await traces.found(service="traces")) == []
    after = (await traces.http.get("/metrics")).text
    assert 'traces_exports_total{status="200"} 1.0' in after
    assert "traces_spans_stored_total 1.0" in after
    assert "otlp" not in before + after.replace("traces_", "")


def test_the_exporter_of_opentelemetry_itself_is_understood(tmp_path: Path) -> None:
    """A foreign sender over a real socket: batches, gzip, its own attributes and errors."""
    asyncio.run(_with_the_stock_exporter(tmp_path))


async def _with_the_stock_exporter(folder: Path) -> None:
    async with running(f"sqlite:///{folder}/traces.db", folder) as traces:
        config = uvicorn.Config(traces.app, port=0, log_config=None, lifespan="off")
        server = uvicorn.Server(config)
        task = asyncio.create_task(server._serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn tells it by a flag only
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        sending = threading.Thread(target=_send_as_a_foreigner, args=(port,))
        sending.start()
        await asyncio.to_thread(sending.join)
        await traces.written(41)
        server.should_exit = True
        await task
        (found,) = (await traces.get("/v1/traces"))["items"]
        assert found["services"] == ["vendor-app"]
        assert (found["spans"], found["errors"]) == (41, 1)
        whole = await traces.get(f"/v1/traces/{found['trace_id']}")
        assert [one["depth"] for one in whole["tree"][:2]] == [0, 1]
        failed = next(one for one in whole["tree"] if one["error"])
        assert failed["occurrences"][0]["name"] == "exception"
        assert failed["occurrences"][0]["attributes"]["exception.type"] == "ValueError"


def _send_as_a_foreigner(port: int) -> None:
    provider = TracerProvider(resource=Resource({"service.name": "vendor-app"}))
    exporter = OTLPSpanExporter(
        f"http://127.0.0.1:{port}/otlp/v1/traces", compression=Compression.Gzip
    )
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracer = provider.get_tracer("vendor")
    with tracer.start_as_current_span("POST /orders", kind=SpanKind.SERVER):
        for number in range(39):
            with tracer.start_as_current_span(f"step {number}"):
                pass
        try:
            with tracer.start_as_current_span("fails"):
                raise ValueError("张若溪 has no order")
        except ValueError:
            pass
    provider.shutdown()
