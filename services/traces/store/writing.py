"""Writing spans: new ones are added, those that came before are left alone, summaries follow."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from services.traces.domain import Summary
from services.traces.store.rows import Kept, summary_of, trace_row
from services.traces.store.tables import spans, trace_facets, traces

_CHUNK = 400  # ids in one statement
_UPDATE = (
    update(traces)
    .where(traces.c.trace_id == bindparam("of_trace"))
    .values({
        name: bindparam(name)
        for name in (
            "start_ns", "end_ns", "root_stands_in", "root_start_ns", "root_span_id",
            "root_service", "root_name", "root_duration_ns", "spans", "errors", "late", "bytes",
            "facets", "asked", "over",
        )
    })
)  # fmt: skip


class SpanWriter:
    """The spans of one moment, in one transaction."""

    def __init__(self, tx: AsyncConnection, most_spans: int) -> None:
        """`most_spans`: of one trace; those beyond are counted only."""
        self._tx = tx
        self._most = most_spans

    async def write(self, batch: Iterable[Kept], received_ns: int) -> tuple[int, int]:
        """Store what is new; gives how many spans were added, and how many were beyond a limit.

        Traces are locked in the order of their ids, so that two writers never wait for each other.
        """
        by_trace: dict[str, dict[str, Kept]] = defaultdict(dict)
        for kept in batch:
            by_trace[kept.span.trace_id].setdefault(kept.span.span_id, kept)
        fresh = await self._claim(by_trace, received_ns)
        known = await self._locked([one for one in sorted(by_trace) if one not in fresh])
        come = await self._already_come(list(known))
        rows: list[dict[str, Any]] = []
        changes: list[dict[str, Any]] = []
        facets: list[dict[str, Any]] = []
        over = 0
        for trace_id, found in sorted(by_trace.items()):
            before = known.get(trace_id)
            new = [one for key, one in found.items() if (trace_id, key) not in come]
            room = self._most - (before[0].spans if before else 0)
            added, beyond = new[: max(0, room)], max(0, len(new) - max(0, room))
            if not added and not beyond:
                continue
            over += beyond
            rows += [one.row for one in added]
            if before is None:
                facets += _new_facets(fresh[trace_id][0], fresh[trace_id][1], {})
                continue
            after = _joined(before[0], added)
            facets += _new_facets(after, before[1], before[0].facets)
            changes.append({"of_trace": trace_id, **trace_row(after), "over": before[2] + beyond})
        await self._store(rows, changes, facets)
        return len(rows), over

    async def _claim(
        self, by_trace: Mapping[str, Mapping[str, Kept]], received_ns: int
    ) -> dict[str, tuple[Summary, int]]:
        """Enter the traces that are new with their whole row; say which these were."""
        made: dict[str, tuple[Summary, int]] = {}
        rows: list[dict[str, Any]] = []
        for trace_id, found in sorted(by_trace.items()):
            new = list(found.values())[: self._most]
            summary = _summary(trace_id, new)
            at_ns = min(summary.start_ns, received_ns)
            made[trace_id] = summary, at_ns
            rows.append({
                "trace_id": trace_id, "at_ns": at_ns, "over": len(found) - len(new),
                **trace_row(summary),
            })  # fmt: skip
        dialect = postgresql if self._tx.dialect.name == "postgresql" else sqlite
        claim = dialect.insert(traces).on_conflict_do_nothing().returning(traces.c.trace_id)
        entered = set(await self._tx.scalars(claim, rows)) if rows else set()
        return {trace_id: one for trace_id, one in made.items() if trace_id in entered}

    async def _locked(self, ids: Sequence[str]) -> dict[str, tuple[Summary, int, int]]:
        found: dict[str, tuple[Summary, int, int]] = {}
        for start in range(0, len(ids), _CHUNK):
            some = select(traces).where(traces.c.trace_id.in_(ids[start : start + _CHUNK]))
            for row in await self._tx.execute(some.order_by(traces.c.trace_id).with_for_update()):
                found[row.trace_id] = summary_of(row), row.at_ns, row.over
        return found

    async def _already_come(self, known: Sequence[str]) -> set[tuple[str, str]]:
        """The spans that are stored: a sender that heard no answer sends the same again."""
        found: set[tuple[str, str]] = set()
        for start in range(0, len(known), _CHUNK):
            some = select(spans.c.trace_id, spans.c.span_id).where(
                spans.c.trace_id.in_(known[start : start + _CHUNK])
            )
            found |= {(row.trace_id, row.span_id) for row in await self._tx.execute(some)}
        return found

    async def _store(
        self,
        rows: list[dict[str, Any]],
        changes: list[dict[str, Any]],
        facets: list[dict[str, Any]],
    ) -> None:
        for statement, values in (
            (insert(spans), rows),
            (_UPDATE, changes),
            (insert(trace_facets), facets),
        ):
            if values:
                await self._tx.execute(statement, values)


def _summary(trace_id: str, kept: Sequence[Kept]) -> Summary:
    return Summary.of(trace_id, [one.span for one in kept], sum(one.size for one in kept))


def _joined(before: Summary, added: Sequence[Kept]) -> Summary:
    return before.join(_summary(before.trace_id, added)) if added else before


def _new_facets(
    after: Summary, at_ns: int, before: Mapping[str, frozenset[str]]
) -> list[dict[str, Any]]:
    return [
        {"kind": kind, "value": value, "at_ns": at_ns, "trace_id": after.trace_id}
        for kind, values in after.facets.items()
        for value in sorted(values - before.get(kind, frozenset()))
    ]
