"""Finding traces, and one trace as a waterfall."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime

from services.traces.api.edge import (
    Case,
    Name,
    Operator,
    TraceId,
    TraceNotKept,
    database,
    look_ups,
    nanoseconds,
    problems,
    retention,
)
from services.traces.api.models import (
    TraceOut,
    TraceWithSpans,
    events_out,
    span_out,
    trace_fields,
)
from services.traces.domain import REQUEST, in_tree_order
from services.traces.store import TraceReader, Wanted
from shared.auth import Subject
from shared.web import Cursor, Limit, Page, Text, decode_cursor, encode_cursor

router = APIRouter(prefix="/v1", tags=["traces"])
_MILLION = 1_000_000
_SLOWEST = 86_400_000


@router.get("/traces", responses=problems(400, 422, 503))
async def list_traces(
    request: Request,
    subject: Annotated[Subject, Operator],
    case: Case = None,
    item: Annotated[Name, Query(description="of this item (事项编码)")] = None,
    department: Annotated[Name, Query(description="of this department")] = None,
    service: Annotated[Name, Query(description="in which this service took part")] = None,
    route: Annotated[Name, Query(description="in which this route answered")] = None,
    error: Annotated[bool, Query(description="only those in which something failed")] = False,
    requests: Annotated[bool, Query(description="without work behind the scenes")] = False,
    min_ms: Annotated[
        float, Query(ge=0, le=_SLOWEST, description="that took at least so long")
    ] = 0,
    since: Annotated[
        AwareDatetime | None, Query(alias="from", description="that began then or later")
    ] = None,
    until: Annotated[
        AwareDatetime | None, Query(alias="to", description="that began before")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[TraceOut]:
    """Traces by case, item, department, service, route, failure, duration and time; newest first.

    Each search is written down with who asked for what.
    """
    behind = decode_cursor(cursor, int, str) if cursor is not None else None
    facets = {"case": case, "item": item, "department": department, "service": service,
              "route": route, "holds": REQUEST if requests else None}  # fmt: skip
    wanted = Wanted(
        {name: value for name, value in facets.items() if value is not None},
        error,
        int(min_ms * _MILLION),
        nanoseconds(since),
        nanoseconds(until),
    )
    sought: dict[str, str | float | bool] = {**wanted.facets, "error": error, "min_ms": min_ms}
    await look_ups(request).allow(subject, sought)
    async with database(request).read() as connection:
        found = await TraceReader(connection).search(wanted, behind, limit + 1)
    page = found[:limit]
    more = len(found) > limit
    return Page(
        items=[TraceOut(**trace_fields(one)) for one in page],
        next=encode_cursor([page[-1].at_ns, page[-1].summary.trace_id]) if more else None,
    )


@router.get("/traces/{trace_id}", responses=problems(404, 422, 503))
async def read_trace(
    request: Request, trace_id: TraceId, subject: Annotated[Subject, Operator]
) -> TraceWithSpans:
    """A trace with its spans in tree order, and its business events on the same axis."""
    await look_ups(request).allow(subject, {"trace": trace_id})
    async with database(request).read() as connection:
        reader = TraceReader(connection)
        found = await reader.find(trace_id)
        spans = await reader.spans(trace_id) if found is not None else []
    if found is None:
        days = f"{retention(request).days:g}"
        raise TraceNotKept(
            Text(
                f"轨迹已过保留期（{days} 天），或当时没有抽样记录。",
                f"Traces are kept for {days} days, and not every request is recorded.",
            )
        )
    start = found.summary.start_ns
    return TraceWithSpans(
        **trace_fields(found),
        tree=[span_out(placed, start) for placed in in_tree_order(spans)],
        events=events_out(spans, start),
    )
