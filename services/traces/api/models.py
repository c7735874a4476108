"""What the API answers: traces, their spans, business events."""

from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel, Field

from services.traces.domain import (
    BusinessEvent,
    Placed,
    Span,
    Stage,
    business_event,
    business_events,
)
from services.traces.store import Stored

_MILLION = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class RootOut(BaseModel):
    """What a trace began with."""

    service: str
    name: str
    come: bool = Field(description="false: the first span is not here; another one stands in")


class AskedOut(BaseModel):
    """The first request whose route says what was asked for."""

    service: str
    name: str


class TraceOut(BaseModel):
    """A trace in short."""

    trace_id: str
    root: RootOut
    asked: AskedOut | None = Field(description="what the root, when it only passes on, leads to")
    started_at: datetime
    duration_ms: float = Field(description="of the root: what its caller waited")
    total_ms: float = Field(description="to the end of the last span, work after the answer too")
    spans: int
    errors: int = Field(description="spans that failed")
    services: list[str]
    routes: list[str]
    cases: list[str]
    items: list[str]
    departments: list[str]
    sampled_late: bool = Field(
        description="not recorded as a whole: written afterwards, for it failed or was slow"
    )
    over: int = Field(description="spans beyond the limit of one trace, which are not kept")


class EventOut(BaseModel):
    """One stage of a business event."""

    at: datetime
    offset_ms: float = Field(description="from the beginning of the axis")
    stage: Stage
    type: str = Field(description="the event's type: tongban.<service>.<fact>.v1")
    id: str | None
    subject: str | None = Field(description="the case's number, or the code of what it is about")
    service: str
    trace_id: str
    span_id: str
    error: bool


class OccurrenceOut(BaseModel):
    """A moment inside a span."""

    name: str
    offset_ms: float
    attributes: dict[str, Any]


class LinkOut(BaseModel):
    """Another span that has to do with this one."""

    trace_id: str
    span_id: str


class SpanOut(BaseModel):
    """A span at its place in the tree."""

    span_id: str
    parent_id: str | None
    depth: int
    parent_missing: bool = Field(description="its parent was not kept, or has not come yet")
    service: str
    name: str
    kind: str
    offset_ms: float
    duration_ms: float
    error: bool
    sampled_late: bool
    event: Stage | None = Field(description="the stage of the business event that it stands for")
    attributes: dict[str, Any]
    dropped_attributes: int = Field(description="attributes that were not kept")
    occurrences: list[OccurrenceOut]
    links: list[LinkOut]


class TraceWithSpans(TraceOut):
    """A trace with its spans in tree order, and its business events on the same axis."""

    tree: list[SpanOut]
    events: list[EventOut]


def trace_fields(found: Stored) -> dict[str, Any]:
    """The fields of a TraceOut."""
    summary, root, asked = found.summary, found.summary.root, found.summary.asked
    facets = {name: sorted(values) for name, values in summary.facets.items()}
    return {
        "trace_id": summary.trace_id,
        "root": RootOut(service=root.service, name=root.name, come=not root.stands_in),
        "asked": asked and AskedOut(service=asked.service, name=asked.name),
        "started_at": moment(summary.start_ns),
        "duration_ms": root.duration_ns / _MILLION,
        "total_ms": (summary.end_ns - summary.start_ns) / _MILLION,
        "spans": summary.spans,
        "errors": summary.errors,
        "services": facets["service"],
        "routes": facets["route"],
        "cases": facets["case"],
        "items": facets["item"],
        "departments": facets["department"],
        "sampled_late": summary.late,
        "over": found.over,
    }


def span_out(placed: Placed, start_ns: int) -> SpanOut:
    """A span at its place."""
    span = placed.span
    event = business_event(span)
    return SpanOut(
        span_id=span.span_id,
        parent_id=span.parent_id,
        depth=placed.depth,
        parent_missing=placed.orphan,
        service=span.service,
        name=span.name,
        kind=span.kind,
        offset_ms=(span.start_ns - start_ns) / _MILLION,
        duration_ms=span.duration_ns / _MILLION,
        error=span.failed,
        sampled_late=span.late,
        event=event.stage if event else None,
        attributes=dict(span.attributes),
        dropped_attributes=span.dropped,
        occurrences=[
            OccurrenceOut(
                name=one.name,
                offset_ms=(one.at_ns - start_ns) / _MILLION,
                attributes=dict(one.attributes),
            )
            for one in span.occurrences
        ],
        links=[LinkOut(trace_id=link.trace_id, span_id=link.span_id) for link in span.links],
    )


def events_out(spans: list[Span], start_ns: int) -> list[EventOut]:
    """The business events of spans, as they happened."""
    found = [(event, span.trace_id) for span in spans for event in business_events(span)]
    found.sort(key=lambda one: (one[0].at_ns, one[0].span_id))
    return [_event_out(event, trace_id, start_ns) for event, trace_id in found]


def _event_out(event: BusinessEvent, trace_id: str, start_ns: int) -> EventOut:
    return EventOut(
        at=moment(event.at_ns),
        offset_ms=(event.at_ns - start_ns) / _MILLION,
        stage=event.stage,
        type=event.type,
        id=event.id,
        subject=event.subject,
        service=event.service,
        trace_id=trace_id,
        span_id=event.span_id,
        error=event.failed,
    )


def moment(at_ns: int) -> datetime:
    """A span's time, to the microsecond; one beyond all calendars is the last there is."""
    try:
        return _EPOCH + timedelta(microseconds=at_ns // 1000)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)
