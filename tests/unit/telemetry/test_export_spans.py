"""Spans leave by OTLP/HTTP, to a collector that is really there, or is not."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from pydantic import ValidationError

from shared.telemetry import Telemetry, TelemetrySettings


class Collector(ThreadingHTTPServer):
    """Keeps what it is sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), CollectorPage)
        self.received: list[tuple[str, ExportTraceServiceRequest]] = []


class CollectorPage(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.received.append((self.path, ExportTraceServiceRequest.FromString(body)))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[Collector]:
    server = Collector()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


async def test_closing_sends_what_is_left(collector: Collector) -> None:
    endpoint = f"http://127.0.0.1:{collector.server_port}"
    telemetry = Telemetry.start("cases", TelemetrySettings(sample=1, endpoint=endpoint))
    with telemetry.span("work", case_number="42"):
        pass
    await telemetry.close()
    ((path, request),) = collector.received
    (resource,) = request.resource_spans
    (span,) = resource.scope_spans[0].spans
    names = {a.key: a.value.string_value for a in resource.resource.attributes}
    assert (path, span.name, names["service.name"]) == ("/v1/traces", "work", "cases")


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEMETRY_SAMPLE", "0.25")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318/")
    settings = TelemetrySettings()
    assert (settings.sample, settings.endpoint) == (0.25, "http://127.0.0.1:4318")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TELEMETRY_SAMPLE", "1.5"),
        ("TELEMETRY_SAMPLE", "all"),
        ("TELEMETRY_SLOW", "0"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector"),
        ("LOG_LEVEL", "LOUD"),
    ],
)
def test_a_wrong_setting_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=name):
        TelemetrySettings()
