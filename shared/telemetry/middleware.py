"""One server span, one line in the access log and one observation for each request."""

import re
import time
from collections.abc import Mapping

import structlog
from opentelemetry import context as otel
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, Status, StatusCode
from opentelemetry.util.types import AttributeValue
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.ids import new_id
from shared.telemetry.border import Border
from shared.telemetry.context import Work, attributes_of, current
from shared.telemetry.metrics import RequestMetrics
from shared.telemetry.routes import route_of
from shared.telemetry.tracing import Tracing

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:-]{1,128}")
_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
_ERROR = 500
_LONGEST_PATH = 200


class TelemetryMiddleware:
    """Pure ASGI, outermost. An unsampled request costs ids, two counters and its log line.

    When such a request fails (5xx) or takes longer than its route may, its server span is
    written afterwards and marked `sampled_late`.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        service: str,
        tracing: Tracing,
        metrics: RequestMetrics,
        border: Border,
        slow: float,
        slow_routes: Mapping[str, float],
    ) -> None:
        self._app = app
        self._border = border
        self._service = service
        self._tracing = tracing
        self._metrics = metrics
        self._slow = slow
        self._slow_routes = slow_routes
        self._log = structlog.get_logger("access").bind()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Watch one request; anything but HTTP passes through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        watch = _Watch(scope, send, self._service, self._tracing, self._border)
        span = self._span(watch)
        context = span.get_span_context()
        self._border.begun(context, watch.work)
        working = current.set(watch.work)
        tracing = otel.attach(trace.set_span_in_context(span))
        try:
            await self._app(scope, receive, watch.send)
        except BaseException as error:
            watch.failed(error)
            raise
        finally:
            self._border.ended(context)
            self._finish(watch, span)
            otel.detach(tracing)
            current.reset(working)

    def _span(self, watch: "_Watch") -> Span:
        if not watch.context.trace_flags.sampled:
            return NonRecordingSpan(watch.context)
        around = otel.Context()
        if watch.parent is not None:
            around = trace.set_span_in_context(NonRecordingSpan(watch.parent), around)
        return self._tracing.server_tracer.start_span(
            watch.method, around, SpanKind.SERVER, links=watch.links
        )

    def _finish(self, watch: "_Watch", span: Span) -> None:
        seconds = time.perf_counter() - watch.started
        route, status = route_of(watch.scope), watch.status
        self._metrics.observe(watch.method, route, status, seconds)
        item = watch.work.facts.get("item_code")
        if item is not None:
            self._metrics.observe_item(str(item), status, seconds)
        bad = status >= _ERROR
        if span.is_recording():
            span.update_name(f"{watch.method} {route}")
            span.set_attributes(watch.attributes(route))
            span.set_status(StatusCode.ERROR if bad else StatusCode.UNSET)
            span.end()
        elif bad or seconds > self._slow_routes.get(route, self._slow):
            ended = watch.started_ns + int(seconds * 1e9)
            self._tracing.write_late(
                f"{watch.method} {route}",
                context=watch.context,
                parent=watch.parent,
                links=watch.links,
                times=(watch.started_ns, ended),
                status=Status(StatusCode.ERROR if bad else StatusCode.UNSET),
                attributes=watch.attributes(route),
            )
        if bad or route not in _QUIET:
            self._log_access(watch, route, seconds)

    def _log_access(self, watch: "_Watch", route: str, seconds: float) -> None:
        failure = {"error_type": watch.error} if watch.error else {}
        self._log.info(
            "request",
            method=watch.method,
            route=route,
            path=watch.scope["path"][:_LONGEST_PATH],
            status=watch.status,
            milliseconds=round(seconds * 1000, 2),
            **{**watch.work.given, **watch.work.facts},
            **failure,
        )


class _Watch:
    """One request under way: its ids, and the status that it was answered with."""

    __slots__ = ("_send", "context", "error", "links", "method", "parent", "scope", "started",
                 "started_ns", "status", "work")  # fmt: skip

    def __init__(
        self, scope: Scope, send: Send, service: str, tracing: Tracing, border: Border
    ) -> None:
        self.started_ns, self.started = time.time_ns(), time.perf_counter()
        self.scope = scope
        self._send = send
        request_id, traceparent, baggage = _headers(scope)
        self.parent, self.links, given = border.enter(traceparent, baggage)
        self.context: SpanContext = tracing.begin(self.parent)
        self.method = scope["method"] if scope["method"] in _METHODS else "_OTHER"
        self.work = Work(service, request_id, given=given)
        self.status = 0
        self.error: str | None = None

    async def send(self, message: Message) -> None:
        """Pass an answer's message on; note its status and give it the request's id."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            request_id = (self.work.request_id or "").encode()
            # An answer that was passed on from a service has the same id already.
            headers = [h for h in message.get("headers", ()) if h[0].lower() != b"x-request-id"]
            message = {**message, "headers": [*headers, (b"x-request-id", request_id)]}
        await self._send(message)

    def failed(self, error: BaseException) -> None:
        """The app raised: an answer that did not begin counts as a 500, a cancelled one as 499."""
        self.error = type(error).__name__
        if self.status == 0:
            self.status = _ERROR if isinstance(error, Exception) else 499

    def attributes(self, route: str) -> dict[str, AttributeValue]:
        """The server span's attributes: no path, no query, no body."""
        attributes: dict[str, AttributeValue] = {
            "http.request.method": self.method,
            "http.route": route,
            "http.response.status_code": self.status,
            **attributes_of({**self.work.given, **self.work.facts}),
        }
        if self.error is not None:
            attributes["error.type"] = self.error
        elif self.status >= _ERROR:
            attributes["error.type"] = str(self.status)
        return attributes


def _headers(scope: Scope) -> tuple[str, str | None, str | None]:
    request_id, traceparent, baggage = "", None, None
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            request_id = value.decode()
        elif name == b"traceparent":
            traceparent = value.decode("latin-1")
        elif name == b"baggage":
            baggage = value.decode("latin-1")
    return request_id or new_id("req"), traceparent, baggage
