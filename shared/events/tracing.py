"""Spans of the event path; an unsampled trace costs no span, but goes on with the event."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.trace import (
    NonRecordingSpan,
    NoOpTracer,
    SpanContext,
    SpanKind,
    TraceFlags,
    Tracer,
)
from opentelemetry.util.types import AttributeValue

from shared.events.envelope import Envelope

NO_TRACER: Tracer = NoOpTracer()


def traceparent() -> str | None:
    """The W3C traceparent of the current context, None outside of a trace."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def _context(header: str | None) -> SpanContext | None:
    if header is None:
        return None
    _, trace_id, span_id, flags = header.split("-")[:4]
    context = SpanContext(
        int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16))
    )
    return context if context.is_valid else None


def attributes_of(envelope: Envelope) -> dict[str, AttributeValue]:
    """The event's attributes of the CloudEvents and messaging conventions."""
    return {
        "messaging.destination.name": envelope.type.rsplit(".", 2)[0],
        "messaging.message.id": envelope.id,
        "cloudevents.event_type": envelope.type,
        "cloudevents.event_subject": envelope.subject,
    }


@contextmanager
def adding(tracer: Tracer, event_type: str, subject: str) -> Iterator[None]:
    """A span for an event's creation, when the trace it belongs to is recorded."""
    if not trace.get_current_span().is_recording():
        yield
        return
    attributes = {"cloudevents.event_type": event_type, "cloudevents.event_subject": subject}
    with tracer.start_as_current_span(
        f"create {event_type}", kind=SpanKind.PRODUCER, attributes=attributes
    ):
        yield


@contextmanager
def continuing(tracer: Tracer, what: str, kind: SpanKind, envelope: Envelope) -> Iterator[None]:
    """Go on with the event's trace: by a child span when it is sampled, else by its context."""
    parent = _context(envelope.traceparent)
    if parent is None:
        yield
        return
    remote = trace.set_span_in_context(NonRecordingSpan(parent))
    if not parent.trace_flags.sampled:
        with trace.use_span(NonRecordingSpan(parent)):
            yield
        return
    with tracer.start_as_current_span(
        f"{what} {envelope.type}", remote, kind=kind, attributes=attributes_of(envelope)
    ):
        yield


def relayed(tracer: Tracer, body: bytes, started: int, ended: int) -> None:
    """Write the span of an event's publication, when its trace is sampled."""
    if tracer is NO_TRACER:
        return
    envelope = Envelope.parse(body)
    parent = _context(envelope.traceparent)
    if parent is None or not parent.trace_flags.sampled:
        return
    tracer.start_span(
        f"publish {envelope.type}",
        trace.set_span_in_context(NonRecordingSpan(parent)),
        kind=SpanKind.PRODUCER,
        attributes=attributes_of(envelope),
        start_time=started,
    ).end(ended)
