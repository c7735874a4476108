"""Spans by OTLP over HTTP: to any collector, or over a socket to the traces service beside us."""

import gzip
import socket
import ssl
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import unquote

import httpx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from shared.telemetry.export.errors import Refused, TryLater

SECONDS = 5.0
_CONNECT_SECONDS = 2.0
_LONGEST_ANSWER = 65_536
_GZIP_LEVEL = 1
_BUSY = frozenset({429, 502, 503, 504})
_PROTOBUF = "application/x-protobuf"


class OtlpExporter(SpanExporter):
    """Posts batches, and believes of the answer only what it can check."""

    def __init__(
        self,
        endpoint: str,
        headers: dict[str, str] | None = None,
        certificate: Path | None = None,
    ) -> None:
        """`endpoint`: `http(s)://…`, the base URL, or `unix:/path.sock` of the traces service."""
        self._socket = endpoint.removeprefix("unix:") if endpoint.startswith("unix:") else None
        if self._socket is not None:
            transport = httpx.HTTPTransport(uds=self._socket)
            self._url = "http://localhost/otlp/v1/traces"
        else:
            trusted = ssl.create_default_context(cafile=certificate) if certificate else True
            transport = httpx.HTTPTransport(verify=trusted)
            self._url = f"{endpoint}/v1/traces"
        self._client = httpx.Client(
            transport=transport,
            timeout=httpx.Timeout(SECONDS, connect=_CONNECT_SECONDS),
            headers={**(headers or {}), "Content-Type": _PROTOBUF, "Content-Encoding": "gzip"},
        )

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send one batch; raises TryLater or Refused."""
        if self._socket is not None:
            _knock(self._socket)
        body = gzip.compress(encode_spans(spans).SerializeToString(), _GZIP_LEVEL)
        try:
            with self._client.stream("POST", self._url, content=body) as answer:
                _judge(answer, time.monotonic() + SECONDS)
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise TryLater(type(error).__name__) from error
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """Close the connection; one that is in use elsewhere breaks off."""
        with suppress(RuntimeError, httpx.HTTPError):
            self._client.close()


def parse_headers(text: str) -> dict[str, str]:
    """`name=value,name=value`, percent-encoded, as OTEL_EXPORTER_OTLP_HEADERS has it."""
    headers: dict[str, str] = {}
    for pair in filter(str.strip, text.split(",")):
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise ValueError("write it as name=value,name=value")
        headers[unquote(name.strip()).lower()] = unquote(value.strip())
    try:
        httpx.Headers(headers).raw  # noqa: B018 - whether they can be sent at all
    except UnicodeEncodeError:
        raise ValueError("a header is ASCII: percent-encode what is not") from None
    return headers


def _knock(path: str) -> None:
    # httpx leaves a socket open that it could not connect, and tries for as long as we do.
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(_CONNECT_SECONDS)
        try:
            probe.connect(path)
        except OSError as error:
            raise TryLater(f"nobody listens at its socket: {error.strerror or error}") from error


def _judge(answer: httpx.Response, until: float) -> None:
    status = answer.status_code
    if status in _BUSY:
        raise TryLater(f"status {status}", _retry_after(answer.headers.get("retry-after", "")))
    if not answer.is_success:
        raise Refused(f"status {status}")
    body = _body(answer, until)
    kind = answer.headers.get("content-type", "").partition(";")[0]
    if not body or kind == "application/json":
        return
    if kind != _PROTOBUF:
        raise Refused(f"it answers {kind or 'what it does not name'}: this is no OTLP collector")
    try:
        partial = ExportTraceServiceResponse.FromString(body).partial_success
    except DecodeError:
        raise Refused("its answer is broken: this is no OTLP collector") from None
    if partial.rejected_spans > 0:
        raise Refused("it rejected some", partial.rejected_spans)


def _body(answer: httpx.Response, until: float) -> bytes:
    body = b""
    for part in answer.iter_bytes():
        body += part
        if len(body) > _LONGEST_ANSWER or time.monotonic() > until:
            raise Refused("its answer does not end: this is no OTLP collector")
    return body


def _retry_after(value: str) -> float | None:
    if value.isascii() and value.isdigit():
        return float(value)
    with suppress(ValueError):
        moment = parsedate_to_datetime(value)
        now = datetime.now(UTC)  # real time: the collector's date has nothing to do with ours
        return (moment - now).total_seconds() if moment.tzinfo else None
    return None
