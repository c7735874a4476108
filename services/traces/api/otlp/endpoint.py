"""`POST /otlp/v1/traces`, for services inside; the gateway maps `/v1` alone and never leads here.

It stands outside of the service's telemetry: a span for each export would be exported in turn.
"""

import asyncio
from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from services.traces.api.otlp import bodies, messages, spans
from services.traces.api.otlp.messages import JSON, PROTOBUF, Code
from services.traces.commands import Intake, QueueFull, Retention
from services.traces.store import Kept

PREFIX = "/otlp"
_PATH = f"{PREFIX}/v1/traces"
_AT_WORK = 4  # exports that are read at a time; the others are told to come again
_COME_AGAIN = "1"


class Otlp:
    """Takes exports in, and passes all other requests on to the service."""

    def __init__(
        self,
        app: ASGIApp,
        intake: Intake,
        retention: Retention,
        registry: CollectorRegistry,
        largest: int,
    ) -> None:
        self._app = app
        self._intake = intake
        self._retention = retention
        self._largest = largest
        self._one_by_one = asyncio.Lock()
        self._at_work = 0
        self._exports = Counter(
            "traces_exports", "Exports answered, by status", ["status"], registry=registry
        )
        self._rejected = Counter(
            "traces_spans_rejected", "Spans that were no spans", registry=registry
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer an export."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        response = await self._answer(Request(scope, receive))
        self._exports.labels(str(response.status_code)).inc()
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        encoding = request.headers.get("content-encoding", "").strip().lower()
        if (refusal := _refusal(request, media_type, encoding)) is not None:
            return refusal
        if self._intake.full or self._at_work >= _AT_WORK:
            return _busy(media_type)
        self._at_work += 1
        try:
            body = await bodies.read(request, self._largest)
            async with self._one_by_one:
                kept, export = await asyncio.to_thread(self._prepare, body, media_type, encoding)
            self._intake.add(kept)
        except bodies.TooLarge:
            return _error(413, media_type, f"at most {self._largest} bytes are read here")
        except (messages.Unreadable, bodies.BadPacking) as error:
            return _error(400, media_type, str(error))
        except QueueFull:
            return _busy(media_type)
        finally:
            self._at_work -= 1
        rejected = export.rejected.total()
        self._rejected.inc(rejected)
        return Response(messages.answer(media_type, rejected, export.why), media_type=media_type)

    def _prepare(
        self, body: bytes, media_type: str, encoding: str
    ) -> tuple[list[Kept], spans.Export]:
        """All the work there is, in a thread: the event loop may be that of a whole onebox."""
        unpacked = bodies.unpack(body, encoding, self._largest)
        export = spans.read(messages.parse(unpacked, media_type), self._retention.earliest_ns())
        return self._intake.prepare(export.spans), export


def _refusal(request: Request, media_type: str, encoding: str) -> Response | None:
    """What can be said before the body is read."""
    if request.url.path != _PATH:
        return _error(404, media_type, f"traces are taken at {_PATH}, and nothing else is")
    if request.method != "POST":
        return _error(405, media_type, "send a POST", {"Allow": "POST"})
    if media_type not in (PROTOBUF, JSON):
        return _error(415, media_type, f"send {PROTOBUF} or {JSON}")
    try:
        bodies.check_encoding(encoding)
    except bodies.UnknownEncoding:
        return _error(
            415, media_type, "pack by gzip or deflate, or not", {"Accept-Encoding": "gzip"}
        )
    return None


def _busy(media_type: str) -> Response:
    """OTLP's way to slow a sender down: it keeps its spans, and tries again later."""
    headers = {"Retry-After": _COME_AGAIN}
    return _error(503, media_type, "more spans came than could be written", headers)


_CODES = {
    400: Code.INVALID_ARGUMENT,
    404: Code.UNIMPLEMENTED,
    405: Code.UNIMPLEMENTED,
    413: Code.RESOURCE_EXHAUSTED,
    415: Code.INVALID_ARGUMENT,
    503: Code.UNAVAILABLE,
}


def _error(
    status: int, media_type: str, message: str, headers: Mapping[str, str] | None = None
) -> Response:
    answered = PROTOBUF if media_type == PROTOBUF else JSON
    body = messages.status(answered, _CODES[status], message)
    return Response(body, status, headers, media_type=answered)
