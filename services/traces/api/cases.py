"""All that is known of one case in traces, on one axis."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field

from services.traces.api.edge import CaseNumber, Operator, database, look_ups, problems
from services.traces.api.models import EventOut, TraceOut, events_out, moment, trace_fields
from services.traces.domain import Span
from services.traces.store import Stored, TraceReader
from shared.auth import Subject
from shared.web import Cursor, Limit, decode_cursor, encode_cursor

router = APIRouter(prefix="/v1", tags=["cases"])
_EVENTS = 1_000
_MILLION = 1_000_000


class TimelineEntry(BaseModel):
    """A trace, or a business event, at its place on the axis."""

    kind: Literal["trace", "event"]
    at: datetime
    offset_ms: float
    trace: TraceOut | None = None
    event: EventOut | None = None


class Timeline(BaseModel):
    """A case's traces and business events, as they happened."""

    case: str
    started_at: datetime | None = Field(description="where this page's axis begins")
    ended_at: datetime | None
    items: list[TimelineEntry]
    next: str | None = None


@router.get("/cases/{number}/timeline", responses=problems(400, 422, 503))
async def read_case_timeline(
    request: Request,
    number: Annotated[str, Path(pattern=CaseNumber, description="the case number (办件编号)")],
    subject: Annotated[Subject, Operator],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Timeline:
    """The traces of a case, the first before the last, each among the events that it told of.

    `limit` counts traces. Empty when none is kept: a case's own history is kept for good.
    """
    behind = decode_cursor(cursor, int, str) if cursor is not None else None
    await look_ups(request).allow(subject, {"case": number})
    async with database(request).read() as connection:
        reader = TraceReader(connection)
        found = await reader.of_case(number, behind, limit + 1)
        page = found[:limit]
        ids = [one.summary.trace_id for one in page]
        spans = await reader.event_spans(ids, _EVENTS) if ids else []
    more = len(found) > limit
    return Timeline(
        case=number,
        started_at=moment(_start(page)) if page else None,
        ended_at=moment(max(one.summary.end_ns for one in page)) if page else None,
        items=_entries(number, page, spans),
        next=encode_cursor([page[-1].at_ns, page[-1].summary.trace_id]) if more else None,
    )


def _start(page: list[Stored]) -> int:
    return min(one.summary.start_ns for one in page)


def _entries(number: str, page: list[Stored], spans: list[Span]) -> list[TimelineEntry]:
    if not page:
        return []
    start = _start(page)
    entries = [
        TimelineEntry(
            kind="trace",
            at=moment(one.summary.start_ns),
            offset_ms=(one.summary.start_ns - start) / _MILLION,
            trace=TraceOut(**trace_fields(one)),
        )
        for one in page
    ]
    entries += [
        TimelineEntry(kind="event", at=event.at, offset_ms=event.offset_ms, event=event)
        for event in events_out(spans, start)
        if event.subject == number  # a trace may tell of other cases as well
    ]
    return sorted(entries, key=lambda one: (one.offset_ms, one.kind != "trace"))
