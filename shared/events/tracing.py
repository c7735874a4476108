"""Spans of the event path; an unsampled trace costs no span, but goes on with the event.

What is handled in time is a child of what made the event. What comes late, is tried again or is
handled together with others has a trace of its own, which points to theirs: a trace is looked
at as one piece, and nobody looks at hours.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    NoOpTracer,
    SpanContext,
    SpanKind,
    Tracer,
)
from opentelemetry.util.types import AttributeValue

from shared import clock
from shared.events.envelope import Envelope
from shared.telemetry import parse_traceparent, working_for
from shared.telemetry.baggage import carriable

NO_TRACER: Tracer = NoOpTracer()
IN_TIME = timedelta(minutes=5)
_MOST_LINKS = 100
_TRACEPARENT, _FLAGS = b'"traceparent":"', slice(53, 55)


def about(envelope: Envelope) -> dict[str, str]:
    """The case and the item that an event is about, as far as it says."""
    case = envelope.data.get("case")
    if not isinstance(case, dict):
        return carriable({"case_number": case, "item_code": envelope.data.get("item")})
    item = case.get("item")
    code = item.get("code") if isinstance(item, dict) else None
    return carriable({"case_number": case.get("number"), "item_code": code})


def attributes_of(envelope: Envelope) -> dict[str, AttributeValue]:
    """The event's attributes of the CloudEvents and messaging conventions, and its case."""
    return {
        "messaging.destination.name": envelope.type.rsplit(".", 2)[0],
        "messaging.message.id": envelope.id,
        "cloudevents.event_type": envelope.type,
        "cloudevents.event_subject": envelope.subject,
        **{f"tongban.{name}": value for name, value in about(envelope).items()},
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
def continuing(
    tracer: Tracer, what: str, kind: SpanKind, envelope: Envelope, *, again: bool = False
) -> Iterator[None]:
    """Go on with the event's trace: by a span when it is sampled, else by its context.

    `again`: it was tried before, so that this is a trace of its own.
    """
    with working_for(_service(tracer), about(envelope)):
        made = parse_traceparent(envelope.traceparent)
        if made is None:
            yield
            return
        if not made.trace_flags.sampled:
            with trace.use_span(NonRecordingSpan(made)):
                yield
            return
        apart = again or clock.now() - envelope.time > IN_TIME
        with tracer.start_as_current_span(
            f"{what} {envelope.type}",
            Context() if apart else _below(made),
            kind=kind,
            attributes=attributes_of(envelope),
            links=[Link(made)] if apart else None,
        ):
            yield


@contextmanager
def settling(tracer: Tracer, group: str, envelopes: Sequence[Envelope]) -> Iterator[None]:
    """A span for the transaction in which events are handled, when one of them is sampled."""
    sampled = [
        made
        for envelope in envelopes
        if (made := parse_traceparent(envelope.traceparent)) and made.trace_flags.sampled
    ]
    if not sampled:
        yield
        return
    alone = len(envelopes) == 1 and clock.now() - envelopes[0].time <= IN_TIME
    with (
        working_for(_service(tracer), about(envelopes[0]) if len(envelopes) == 1 else {}),
        tracer.start_as_current_span(
            f"settle {group}",
            _below(sampled[0]) if alone else Context(),
            attributes={"messaging.batch.message_count": len(envelopes)},
            links=None if alone else [Link(made) for made in sampled[:_MOST_LINKS]],
        ),
    ):
        yield


def relayed(tracer: Tracer, body: bytes, started: int, ended: int) -> None:
    """Write the span of an event's publication, when its trace is sampled."""
    if tracer is NO_TRACER or not _may_be_sampled(body):
        return
    envelope = Envelope.parse(body)
    made = parse_traceparent(envelope.traceparent)
    if made is None or not made.trace_flags.sampled:
        return
    tracer.start_span(
        f"publish {envelope.type}",
        _below(made),
        kind=SpanKind.PRODUCER,
        attributes=attributes_of(envelope),
        start_time=started,
    ).end(ended)


def _below(made: SpanContext) -> Context:
    return trace.set_span_in_context(NonRecordingSpan(made), Context())


def _may_be_sampled(body: bytes) -> bool:
    # Nearly no event is: nine of ten are told by a look at the flags, without being read.
    _, found, rest = body.partition(_TRACEPARENT)
    try:
        return not found or bool(int(rest[_FLAGS], 16) & 1)
    except ValueError:
        return True


def _service(tracer: Tracer) -> str:
    resource = getattr(tracer, "resource", None)
    return str(resource.attributes.get("service.name", "")) if resource is not None else ""
