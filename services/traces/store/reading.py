"""Finding traces, and reading them whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.traces.domain import Calls, Entry, Span
from services.traces.store.rows import Stored, span_of, stored
from services.traces.store.tables import spans, trace_facets, traces
from shared.web import after

_MILLISECOND = 1_000_000
# From the rarest to the most common: by the first of them that is asked for, the search begins.
_RAREST_FIRST = ("case", "item", "route", "department", "service", "holds")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What traces are looked for."""

    facets: Mapping[str, str] = field(default_factory=dict)
    failed: bool = False
    least_ns: int = 0  # the root's duration: what its caller waited
    from_ns: int | None = None
    to_ns: int | None = None


class TraceReader:
    """Traces as one connection sees them."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def search(
        self, wanted: Wanted, behind: Sequence[object] | None, limit: int
    ) -> list[Stored]:
        """The newest traces first; `behind`: the key of the last one that was seen."""
        page = _search(wanted, behind, descending=True).limit(limit)
        return [stored(row) for row in await self._connection.execute(page)]

    async def of_case(
        self, number: str, behind: Sequence[object] | None, limit: int
    ) -> list[Stored]:
        """The traces of a case, from its first."""
        page = _search(Wanted({"case": number}), behind, descending=False).limit(limit)
        return [stored(row) for row in await self._connection.execute(page)]

    async def find(self, trace_id: str) -> Stored | None:
        """A trace in short, while it is kept."""
        found = await self._connection.execute(select(traces).where(traces.c.trace_id == trace_id))
        row = found.first()
        return None if row is None else stored(row)

    async def spans(self, trace_id: str) -> list[Span]:
        """All spans of a trace that are kept."""
        all_of_it = select(spans).where(spans.c.trace_id == trace_id)
        return [span_of(row) for row in await self._connection.execute(all_of_it)]

    async def event_spans(self, trace_ids: Sequence[str], limit: int) -> list[Span]:
        """The spans of these traces that stand for business events, as they began."""
        events = (
            select(spans)
            .where(spans.c.trace_id.in_(trace_ids), spans.c.is_event)
            .order_by(spans.c.start_ns, spans.c.span_id)
            .limit(limit)
        )
        return [span_of(row) for row in await self._connection.execute(events)]

    async def entries(self, since_ns: int, limit: int) -> list[Entry]:
        """The newest requests answered and events handled since then."""
        newest = (
            select(
                spans.c.service, spans.c.route, spans.c.duration_ns, spans.c.failed, spans.c.late
            )
            .where(spans.c.route.is_not(None), spans.c.start_ns >= since_ns)
            .order_by(spans.c.start_ns.desc())
            .limit(limit)
        )
        return [Entry(*row) for row in await self._connection.execute(newest)]

    async def calls(self, since_ns: int, limit: int) -> list[Calls]:
        """Who called on whom: an entry whose parent is a span of another service."""
        callee = (
            select(spans)
            .where(spans.c.route.is_not(None), spans.c.start_ns >= since_ns)
            .order_by(spans.c.start_ns.desc())
            .limit(limit)
            .subquery()
        )
        caller = spans.alias()
        counted = (
            select(
                caller.c.service.label("caller"),
                callee.c.service.label("callee"),
                callee.c.kind,
                func.count().label("kept"),
                func.count().filter(callee.c.failed).label("errors"),
                func.avg(callee.c.duration_ns).label("mean_ns"),
            )
            .join(
                caller,
                and_(
                    caller.c.trace_id == callee.c.trace_id,
                    caller.c.span_id == callee.c.parent_id,
                    caller.c.service != callee.c.service,
                ),
            )
            .group_by(caller.c.service, callee.c.service, callee.c.kind)
            .order_by(caller.c.service, callee.c.service, callee.c.kind)
        )
        return [
            Calls(
                row.caller,
                row.callee,
                row.kind,
                row.kept,
                row.errors,
                float(row.mean_ns) / _MILLISECOND,
            )
            for row in await self._connection.execute(counted)
        ]


def _search(
    wanted: Wanted, behind: Sequence[object] | None, *, descending: bool
) -> Select[tuple[object, ...]]:
    """One range of the rarest facet's key, or of all traces, that the other wishes thin out."""
    first = next((name for name in _RAREST_FIRST if name in wanted.facets), None)
    query = select(traces)
    key = (traces.c.at_ns, traces.c.trace_id)
    if first is not None:
        key = (trace_facets.c.at_ns, trace_facets.c.trace_id)
        query = query.join(trace_facets, trace_facets.c.trace_id == traces.c.trace_id).where(
            trace_facets.c.kind == first, trace_facets.c.value == wanted.facets[first]
        )
    query = query.where(*_wishes(wanted, first), *_times(wanted, key[0]))
    if behind is not None:
        query = query.where(after(key, behind, descending=descending))
    return query.order_by(*(one.desc() if descending else one for one in key))


def _wishes(wanted: Wanted, but: str | None) -> list[ColumnElement[bool]]:
    wishes = [_has(name, value) for name, value in wanted.facets.items() if name != but]
    if wanted.failed:
        wishes.append(traces.c.errors > literal_column("0"))  # as the index says it
    if wanted.least_ns:
        wishes.append(traces.c.root_duration_ns >= wanted.least_ns)
    return wishes


def _times(wanted: Wanted, column: ColumnElement[int]) -> list[ColumnElement[bool]]:
    times = []
    if wanted.from_ns is not None:
        times.append(column >= wanted.from_ns)
    if wanted.to_ns is not None:
        times.append(column < wanted.to_ns)
    return times


def _has(name: str, value: str) -> ColumnElement[bool]:
    other = trace_facets.alias()
    return exists().where(
        other.c.kind == name,
        other.c.value == value,
        other.c.at_ns == traces.c.at_ns,
        other.c.trace_id == traces.c.trace_id,
    )
