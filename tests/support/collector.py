"""An OTLP/HTTP collector of another's making, as far as our services can tell."""

import gzip
import socketserver
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan

Answer = Callable[["Page"], None]


@dataclass(frozen=True, slots=True)
class Seen:
    """One span as it arrived."""

    service: str
    wire: WireSpan

    @property
    def trace(self) -> str:
        """Its trace id."""
        return self.wire.trace_id.hex()

    @property
    def id(self) -> str:
        """Its own id."""
        return self.wire.span_id.hex()

    @property
    def parent(self) -> str:
        """The id of the span above, empty for the root."""
        return self.wire.parent_span_id.hex()

    @property
    def name(self) -> str:
        """What it is called."""
        return self.wire.name

    @property
    def links(self) -> list[str]:
        """The traces that it points to."""
        return [link.trace_id.hex() for link in self.wire.links]

    @property
    def attributes(self) -> dict[str, str | int | bool]:
        """What is said about it."""
        return {
            one.key: getattr(one.value, one.value.WhichOneof("value") or "string_value")
            for one in self.wire.attributes
        }


class Collector:
    """Keeps what it is sent; answers as it is told to, in turn, and well from then on."""

    def __init__(self, socket: Path | None = None) -> None:
        """Listens on a port of its own, or on `socket`."""
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.bodies: list[bytes] = []
        self.answers: list[Answer] = []
        self._lock = threading.Lock()
        self._server = _UnixServer(str(socket)) if socket else _TcpServer(("127.0.0.1", 0))
        self._server.collector = self
        self.url: str = f"unix:{socket}" if socket else f"http://127.0.0.1:{self._server.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def take(self, page: "Page", body: bytes) -> None:
        """Keep one post and answer it."""
        with self._lock:
            answer = self.answers.pop(0) if self.answers else well
            self.paths.append(page.path)
            self.headers.append({name.lower(): value for name, value in page.headers.items()})
            if answer is well:
                self.bodies.append(body)
        answer(page)

    def spans(self) -> list[Seen]:
        """Every span that was taken so far."""
        return [
            Seen(_service(resource), span)
            for body in list(self.bodies)
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Page(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: "_TcpServer | _UnixServer"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        self.server.collector.take(self, body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _TcpServer(ThreadingHTTPServer):
    collector: Collector
    daemon_threads = True

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__(address, Page)
        self.port = self.server_port


class _UnixServer(socketserver.ThreadingUnixStreamServer):
    collector: Collector
    daemon_threads = True
    port = 0

    def __init__(self, path: str) -> None:
        super().__init__(path, Page)


def well(page: Page) -> None:
    """200 and nothing to complain about."""
    answering(200)(page)


def answering(status: int, body: bytes = b"", **headers: str) -> Answer:
    """A status with a body and headers (`Retry_After="1"`)."""

    def answer(page: Page) -> None:
        page.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            page.send_header(name.replace("_", "-"), value)
        page.end_headers()
        page.wfile.write(body)

    return answer


@contextmanager
def collecting(socket: Path | None = None) -> Iterator[Collector]:
    """A collector for the block."""
    collector = Collector(socket)
    try:
        yield collector
    finally:
        collector.close()


def _service(resource: ResourceSpans) -> str:
    named = {one.key: one.value.string_value for one in resource.resource.attributes}
    return str(named["service.name"])


if __name__ == "__main__":  # in a process of its own, until that is ended
    sys.stdout.write(Collector().url + "\n")
    sys.stdout.flush()
