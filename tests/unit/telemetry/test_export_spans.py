"""Spans leave by OTLP/HTTP, to a collector that is really there, or is not, or is none."""

import asyncio
import gc
import threading
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)
from pydantic import ValidationError

from shared.telemetry import Telemetry, TelemetrySettings
from shared.telemetry.export import queue
from tests.support.collector import Answer, Collector, Page, answering, collecting

PROTOBUF = "application/x-protobuf"


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as one:
        yield one


@asynccontextmanager
async def service(endpoint: str, **settings: str) -> AsyncGenerator[Telemetry]:
    """A service that records everything."""
    told = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "OTEL_EXPORTER_OTLP_HEADERS": settings.get("headers", ""),
    }
    telemetry = Telemetry.start("cases", TelemetrySettings(sample=1, **told))  # type: ignore[arg-type]
    try:
        yield telemetry
    finally:
        await telemetry.close()


def work(telemetry: Telemetry, times: int = 1) -> None:
    for _ in range(times):
        with telemetry.span("work", case_number="42"):
            pass


async def posts(collector: Collector, number: int) -> None:
    """Wait until so many came."""
    for _ in range(1000):
        if len(collector.paths) >= number:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{len(collector.paths)} posts came, not {number}")


def count(telemetry: Telemetry, what: str, **labels: str) -> float:
    name = f"telemetry_spans_{what}_total"
    found = telemetry.registry.get_sample_value(name, {"service": "cases", **labels})
    assert found is not None
    return found


async def test_closing_sends_what_is_left(collector: Collector) -> None:
    async with service(collector.url) as telemetry:
        work(telemetry)
    (span,) = collector.spans()
    assert (collector.paths, span.name, span.service) == (["/v1/traces"], "work", "cases")
    assert span.attributes == {"tongban.case_number": "42"}
    assert collector.headers[0]["content-type"] == PROTOBUF
    assert collector.headers[0]["content-encoding"] == "gzip"
    assert count(telemetry, "sent") == 1


async def test_the_traces_service_is_reached_by_its_socket(tmp_path: Path) -> None:
    with collecting(tmp_path / "traces.sock") as collector:
        async with service(collector.url) as telemetry:
            work(telemetry)
        assert [span.name for span in collector.spans()] == ["work"]
        assert collector.paths == ["/otlp/v1/traces"]


async def test_spans_leave_by_themselves_within_seconds(collector: Collector) -> None:
    async with service(collector.url) as telemetry:
        work(telemetry)
        await posts(collector, 1)
        assert len(collector.spans()) == 1


async def test_the_collectors_headers_are_sent_and_never_shown(collector: Collector) -> None:
    async with service(collector.url, headers="X-Key=a%20b%3Dc, tenant=t1") as telemetry:
        work(telemetry)
    assert (collector.headers[0]["x-key"], collector.headers[0]["tenant"]) == ("a b=c", "t1")
    shown = repr(TelemetrySettings(OTEL_EXPORTER_OTLP_HEADERS="x-key=marker"))
    assert "marker" not in shown


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_a_busy_collector_gets_the_same_spans_again(
    collector: Collector, status: int
) -> None:
    collector.answers = [answering(status, Retry_After="1")]
    async with service(collector.url) as telemetry:
        work(telemetry)
        await telemetry.flush()
        assert collector.spans() == []
    assert len(collector.spans()) == 1
    assert count(telemetry, "sent") == 1


async def test_a_collector_that_asks_to_wait_is_left_alone_so_long(collector: Collector) -> None:
    collector.answers = [answering(503, Retry_After="1")]
    async with service(collector.url) as telemetry:
        work(telemetry, queue.BATCH * 2)
        began = time.monotonic()
        await posts(collector, 2)
        assert time.monotonic() - began > 0.9


@pytest.mark.parametrize("wait", ["999999999", "Fri, 31 Dec 2190 23:59:59 GMT", "-5", "soon"])
async def test_no_collector_makes_us_wait_for_ever(collector: Collector, wait: str) -> None:
    collector.answers = [answering(429, Retry_After=wait)]
    async with service(collector.url) as telemetry:
        work(telemetry)
        await telemetry.flush()
        spans = telemetry._tracing._processor
        assert isinstance(spans, queue.SpanQueue)
        assert 1 <= spans._pause <= 60


def drip(page: Page) -> None:
    page.send_response(200)
    page.send_header("Content-Length", "200000")
    page.end_headers()
    page.wfile.write(b"x" * 200_000)


def lying(body: bytes, kind: str = PROTOBUF) -> Answer:
    return answering(200, body, Content_Type=kind)


@pytest.mark.parametrize(
    "answer",
    [
        answering(400),
        answering(401),
        answering(404),
        answering(500),
        answering(301, Location="http://127.0.0.1:9/elsewhere"),
        lying(b"<html>", "text/html"),
        lying(b"\xff\xff\xff"),
        drip,
    ],
    ids=["400", "401", "404", "500", "moved", "a web page", "broken", "endless"],
)
async def test_what_is_refused_is_counted_and_not_repeated(
    collector: Collector, answer: Answer, capsys: pytest.CaptureFixture[str]
) -> None:
    collector.answers = [answer]
    async with service(collector.url) as telemetry:
        work(telemetry, 3)
        await telemetry.flush()
        work(telemetry, 1)
        await telemetry.flush()
    assert count(telemetry, "dropped", reason="refused") == 3
    assert count(telemetry, "sent") == 1
    told = capsys.readouterr().err
    assert told.count("spans are not taken") == 1
    assert told.count("spans are taken again") == 1


async def test_spans_that_it_says_it_rejected_are_counted(collector: Collector) -> None:
    partial = ExportTracePartialSuccess(rejected_spans=2)
    body = ExportTraceServiceResponse(partial_success=partial).SerializeToString()
    collector.answers = [lying(body)]
    async with service(collector.url) as telemetry:
        work(telemetry, 3)
    assert count(telemetry, "dropped", reason="refused") == 2
    assert count(telemetry, "sent") == 1


async def test_it_cannot_have_rejected_more_than_it_got(collector: Collector) -> None:
    partial = ExportTracePartialSuccess(rejected_spans=1_000_000)
    body = ExportTraceServiceResponse(partial_success=partial).SerializeToString()
    collector.answers = [lying(body)]
    async with service(collector.url) as telemetry:
        work(telemetry, 3)
    assert count(telemetry, "dropped", reason="refused") == 3


async def test_while_nobody_listens_the_oldest_spans_make_room(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with service(f"unix:{tmp_path}/nobody.sock") as telemetry:
        work(telemetry, queue.LIMIT)
        await telemetry.flush()
        began = time.process_time()
        work(telemetry, queue.LIMIT)
        assert time.process_time() - began < 2
        await telemetry.flush()
    lost = count(telemetry, "dropped", reason="overflow")
    assert lost + count(telemetry, "dropped", reason="closed") == 2 * queue.LIMIT
    assert lost >= queue.LIMIT - queue.BATCH
    assert count(telemetry, "sent") == 0
    assert capsys.readouterr().err.count("spans are not taken") == 1


async def test_a_collector_that_hangs_holds_up_neither_the_work_nor_the_end(
    collector: Collector,
) -> None:
    released = threading.Event()

    def hang(_page: Page) -> None:
        released.wait(20)

    collector.answers = [hang] * 10
    async with service(collector.url) as telemetry:
        work(telemetry, queue.BATCH)
        await posts(collector, 1)
        began = time.monotonic()
        work(telemetry, 100)
        assert time.monotonic() - began < 1
        began = time.monotonic()
        await telemetry.close()
        assert time.monotonic() - began < 3 * queue.CLOSE_SECONDS
    released.set()
    gc.collect()


async def test_who_records_nothing_starts_no_thread(collector: Collector) -> None:
    before = threading.active_count()
    telemetry = Telemetry.start("cases", TelemetrySettings(sample=0, endpoint=collector.url))
    work(telemetry)
    assert threading.active_count() == before
    await telemetry.close()


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEMETRY_SAMPLE", "0.25")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318/")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "a=1,b=2")
    settings = TelemetrySettings()
    assert (settings.sample, settings.endpoint) == (0.25, "http://127.0.0.1:4318")
    assert settings.headers == {"a": "1", "b": "2"}


def test_a_socket_may_be_named_relative_to_where_one_stands(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "unix:var/run/traces.sock")
    assert TelemetrySettings().endpoint == f"unix:{tmp_path}/var/run/traces.sock"


@pytest.mark.parametrize("name", ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_CERTIFICATE"])
def test_an_empty_variable_is_one_that_is_not_set(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "")
    assert (TelemetrySettings().endpoint, TelemetrySettings().certificate) == (None, None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TELEMETRY_SAMPLE", "1.5"),
        ("TELEMETRY_SAMPLE", "all"),
        ("TELEMETRY_SLOW", "0"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "unix:"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318/?key=1"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "key"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "key=张"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/nowhere/ca.pem"),
        ("LOG_LEVEL", "LOUD"),
    ],
)
def test_a_wrong_setting_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=name):
        TelemetrySettings()
