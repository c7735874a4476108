"""Everything that one service tells about itself, from one call."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import structlog
from fastapi.telemetry import TelemetryConfig
from opentelemetry import trace
from opentelemetry.sdk.trace.export import SpanExporter
from opentelemetry.trace import NonRecordingSpan, Span, SpanKind
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from shared.telemetry import logs
from shared.telemetry.border import Inside, Outside
from shared.telemetry.context import FactValue, Work, attributes_of, current, request_id
from shared.telemetry.export import OtlpExporter, SpanQueue
from shared.telemetry.metrics import ExportMetrics, RequestMetrics, metrics_response
from shared.telemetry.middleware import TelemetryMiddleware
from shared.telemetry.settings import TelemetrySettings
from shared.telemetry.tracing import Tracing, parse_traceparent

# FastAPI traces by itself as soon as it finds a provider; ours must stay the only server span.
FASTAPI_TELEMETRY: TelemetryConfig = {
    "tracing": False,
    "operation_spans": False,
    "metrics": False,
    "logs": False,
    "auto_configure": False,
}
CODE_LENGTH = 8  # of the codes that people are told


class Telemetry:
    """A service's own tracer, metrics registry and logger; nothing is set globally but the logs."""

    def __init__(
        self, service: str, settings: TelemetrySettings, exporter: SpanExporter | None
    ) -> None:
        self.service = service
        self.registry = CollectorRegistry()
        self.log: Any = structlog.get_logger(service, service=service)
        self._settings = settings
        queue = None
        if exporter is not None:
            metrics = ExportMetrics(self.registry, service)
            queue = SpanQueue(exporter, metrics, self.log)
        self._tracing = Tracing(service, settings.sample, queue)
        self.provider = self._tracing.provider
        self.tracer = self.provider.get_tracer("tongban")
        self._metrics = RequestMetrics(self.registry, service)

    @classmethod
    def start(
        cls, service: str, settings: TelemetrySettings, exporter: SpanExporter | None = None
    ) -> "Telemetry":
        """Begin; spans go to `exporter`, else to the OTLP endpoint, else nowhere."""
        logs.configure(settings.log_level)
        if exporter is None and settings.endpoint is not None:
            exporter = OtlpExporter(settings.endpoint, settings.headers, settings.certificate)
        return cls(service, settings, exporter)

    def install(self, app: Starlette, slow_routes: Mapping[str, float] | None = None) -> None:
        """Watch every request of `app` from the outside, and answer `/metrics`.

        `slow_routes`: seconds that a route template may take, where the general limit is wrong.
        """

        async def metrics(_request: Request) -> Response:
            return metrics_response(self.registry)

        app.add_route("/metrics", metrics, include_in_schema=False)
        build = app.build_middleware_stack
        # Outside of Starlette's own error middleware, to see the 500 that it answers.
        app.build_middleware_stack = lambda: self.wrap(build(), slow_routes)  # type: ignore[method-assign]

    def wrap(
        self,
        app: ASGIApp,
        slow_routes: Mapping[str, float] | None = None,
        *,
        outside: bool = False,
    ) -> ASGIApp:
        """`app` watched, for apps that are not Starlette's; `outside`: anybody may call it."""
        return TelemetryMiddleware(
            app,
            service=self.service,
            tracing=self._tracing,
            metrics=self._metrics,
            border=Outside() if outside else Inside(),
            slow=self._settings.slow,
            slow_routes=slow_routes or {},
        )

    @contextmanager
    def span(
        self,
        name: str,
        *,
        kind: SpanKind = SpanKind.INTERNAL,
        traceparent: str | None = None,
        **given: FactValue,
    ) -> Iterator[Span]:
        """A span of the work in hand; with `traceparent`, of work that another process began.

        An unsampled trace gets no span: its ids go on, for logs and for calls to others.
        """
        own = Work(self.service, facts=dict(given))
        working = current.set(own) if current.get() is None else None
        parent = parse_traceparent(traceparent) or trace.get_current_span().get_span_context()
        try:
            if parent.is_valid and not parent.trace_flags.sampled:
                with trace.use_span(NonRecordingSpan(parent)) as unsampled:
                    yield unsampled
                return
            around = (
                trace.set_span_in_context(NonRecordingSpan(parent)) if parent.is_valid else None
            )
            attributes = attributes_of(given)
            with self.tracer.start_as_current_span(name, around, kind, attributes) as span:
                yield span
        finally:
            if working is not None:
                current.reset(working)

    async def flush(self) -> None:
        """Wait until the spans that have ended were exported."""
        await asyncio.to_thread(self.provider.force_flush)

    async def close(self) -> None:
        """Export what is left and end the exporter's thread."""
        await asyncio.to_thread(self.provider.shutdown)


def trace_id() -> str | None:
    """The trace of the work in hand, for records and for people who report an error."""
    context = trace.get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else None


def trouble_code() -> str:
    """The short code that a caller at 12345 gives: how the trace begins, or how the request ends.

    It is enough to find the trace, and no way into it.
    """
    return (trace_id() or "")[:CODE_LENGTH] or (request_id() or "")[-CODE_LENGTH:]


def traceparent() -> str | None:
    """The W3C traceparent of the work in hand, for headers and events; None outside of a trace."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
