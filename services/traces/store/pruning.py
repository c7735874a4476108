"""Forgetting traces, the oldest first and a few at a time, so that nobody waits for it."""

from typing import Any

from sqlalchemy import BigInteger, bindparam, cast, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.traces.store.tables import spans, trace_facets, traces

_FACET = delete(trace_facets).where(
    trace_facets.c.kind == bindparam("of_kind"),
    trace_facets.c.value == bindparam("of_value"),
    trace_facets.c.at_ns == bindparam("of_time"),
    trace_facets.c.trace_id == bindparam("of_trace"),
)


class Pruning:
    """One small step of forgetting, in one transaction."""

    def __init__(self, tx: AsyncConnection) -> None:
        self._tx = tx

    async def older_than(self, moment_ns: int, most: int) -> int:
        """Forget traces that began before the moment; say how many."""
        found = await self._tx.execute(
            select(traces.c.trace_id, traces.c.at_ns, traces.c.facets)
            .where(traces.c.at_ns < moment_ns)
            .order_by(traces.c.at_ns, traces.c.trace_id)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        return await self._forget(found.all())

    async def beyond(self, limit: int, most: int) -> int:
        """Forget the oldest when all take more bytes than the limit; never more than is over."""
        over = await self.size() - limit
        if over <= 0:
            return 0
        found = await self._tx.execute(
            select(traces.c.trace_id, traces.c.at_ns, traces.c.facets, traces.c.bytes)
            .order_by(traces.c.at_ns, traces.c.trace_id)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        chosen = []
        for row in found:
            if over <= 0:
                break
            over -= row.bytes
            chosen.append(row)
        return await self._forget(chosen)

    async def size(self) -> int:
        """Bytes that all spans take, about."""
        total = cast(func.coalesce(func.sum(traces.c.bytes), 0), BigInteger)
        return int(await self._tx.scalar(select(total)) or 0)

    async def _forget(self, rows: Any) -> int:
        if not rows:
            return 0
        ids = [row.trace_id for row in rows]
        facets = [
            {"of_kind": kind, "of_value": value, "of_time": row.at_ns, "of_trace": row.trace_id}
            for row in rows
            for kind, values in row.facets.items()
            for value in values
        ]
        if facets:
            await self._tx.execute(_FACET, facets)
        await self._tx.execute(delete(spans).where(spans.c.trace_id.in_(ids)))
        await self._tx.execute(delete(traces).where(traces.c.trace_id.in_(ids)))
        return len(ids)
