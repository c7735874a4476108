"""The feed of events for departments: positions are visible in their order, without holes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import count

import orjson
from sqlalchemy import ColumnElement, Select, insert, or_, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.exchange.store.tables import feed, feed_head
from shared.clock import now

_HEAD = feed_head.c.id == 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One event at its place."""

    position: int
    event: bytes


class Feed:
    """The feed of one connection or transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def head(self) -> int:
        """The last position."""
        return int(await self._connection.scalar(select(feed_head.c.position).where(_HEAD)) or 0)

    async def lock(self) -> int:
        """The last position; nobody appends until this transaction ends."""
        found = select(feed_head.c.position).where(_HEAD).with_for_update()
        return int(await self._connection.scalar(found) or 0)

    async def append(
        self, audiences: Iterable[str], event_type: str, event: bytes
    ) -> dict[str, int]:
        """Put an event at the end, once for each audience; says at which positions."""
        entries = sorted(set(audiences))
        if not entries:
            return {}
        last = await self._advance(len(entries))
        positions = dict(zip(entries, count(last - len(entries) + 1), strict=False))
        told = {"type": event_type, "event": event, "at": now()}
        rows = [
            {"position": position, "audience": audience, **told}
            for audience, position in positions.items()
        ]
        await self._connection.execute(insert(feed), rows)
        return positions

    async def before(self, moment: datetime) -> int:
        """The position after which everything came at this moment or later."""
        low, high = 0, await self.head()
        while low < high:
            middle = (low + high + 1) // 2
            if await self._came(middle) < moment:
                low = middle
            else:
                high = middle - 1
        return low

    async def _came(self, position: int) -> datetime:
        found = select(feed.c.at, feed.c.event).where(feed.c.position == position)
        row = (await self._connection.execute(found)).one()
        return row.at or datetime.fromisoformat(orjson.loads(row.event)["time"])

    async def page(
        self, audiences: Iterable[str], types: Iterable[str], after: int, until: int, limit: int
    ) -> list[Entry]:
        """The entries between two positions for these audiences, in their order."""
        wanted = tuple(types)
        # One index range for each audience, each read no further than the page: no sort of all.
        parts = [
            select(_part(audience, wanted, after, until, limit).subquery())
            for audience in sorted(audiences)
        ]
        whole = union_all(*parts).subquery()
        page = select(whole.c.position, whole.c.event).order_by(whole.c.position).limit(limit)
        return [Entry(row.position, row.event) for row in await self._connection.execute(page)]

    async def _advance(self, by: int) -> int:
        move = update(feed_head).where(_HEAD).values(position=feed_head.c.position + by)
        last: int = await self._connection.scalar(move.returning(feed_head.c.position))
        return last


def _part(
    audience: str, types: tuple[str, ...], after: int, until: int, limit: int
) -> Select[tuple[int, bytes]]:
    part = select(feed.c.position, feed.c.event).where(
        feed.c.audience == audience, feed.c.position > after, feed.c.position <= until
    )
    if types:
        part = part.where(or_(*(_matches(wanted) for wanted in types)))
    return part.order_by(feed.c.position).limit(limit)


def _matches(wanted: str) -> ColumnElement[bool]:
    if wanted.endswith("*"):
        return feed.c.type.startswith(wanted[:-1], autoescape=True)
    return feed.c.type == wanted
