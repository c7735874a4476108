"""The queues of deliveries: what waits for each subscription, and what was given up on.

Whoever changes several of their rows does so in one order, so that none waits for another in a
circle: the feed's head, lanes, deliveries, the health of the subscription.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, case, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from services.exchange.store.tables import deliveries, feed, lanes, subscriptions


class Queue:
    """The queues of one connection or transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def put(self, rows: Sequence[Mapping[str, Any]], moment: datetime) -> None:
        """Queue events, each {subscription, position, subject, event_id, type}; again is once.

        The row of a subject stays locked until the commit: who marks its last delivery waits, and
        then finds this one. An event that was a dead letter is tried again.
        """
        if not rows:
            return
        insert_ = _insert(self._connection)
        subjects = sorted({(row["subscription"], row["subject"]) for row in rows})
        lane = insert_(lanes).on_conflict_do_update(
            index_elements=["subscription", "subject"], set_={"subject": lanes.c.subject}
        )
        opened = {"due_at": moment, "lease": 0, "leased_until": None}
        await self._connection.execute(
            lane, [{"subscription": s, "subject": of, **opened} for s, of in subjects]
        )
        fresh = insert_(deliveries).on_conflict_do_nothing()
        queued = {"queued_at": moment, "attempts": 0, "reason": None, "dead_at": None}
        await self._connection.execute(fresh, [{**row, **queued} for row in rows])

    async def refresh(self, subscription: str, moment: datetime) -> None:
        """The time of what waits begins anew, after a pause."""
        waiting = lanes.c.subscription == subscription, lanes.c.due_at.is_not(None)
        await self._connection.execute(update(lanes).where(*waiting).values(due_at=moment))
        mine = deliveries.c.subscription == subscription, deliveries.c.dead_at.is_(None)
        await self._connection.execute(
            update(deliveries).where(*mine).values(queued_at=moment, attempts=0)
        )

    async def dead(self, subscription: str, after: int, limit: int) -> list[Row[Any]]:
        """The dead letters after a position, each with how many of its subject wait behind it."""
        behind = deliveries.alias("behind")
        same = [behind.c[name] == deliveries.c[name] for name in ("subscription", "subject")]
        waiting = select(func.count()).where(*same, behind.c.position > deliveries.c.position)
        found = (
            select(
                deliveries,
                feed.c.event,
                waiting.correlate(deliveries).scalar_subquery().label("waiting"),
            )
            .join(feed, feed.c.position == deliveries.c.position)
            .where(deliveries.c.subscription == subscription, deliveries.c.dead_at.is_not(None))
            .where(deliveries.c.position > after)
            .order_by(deliveries.c.position)
        )
        return list(await self._connection.execute(found.limit(limit)))

    async def find_dead(self, subscription: str, event_id: str) -> Row[Any] | None:
        """One dead letter by its event."""
        found = select(deliveries).where(
            deliveries.c.subscription == subscription,
            deliveries.c.event_id == event_id,
            deliveries.c.dead_at.is_not(None),
        )
        return (await self._connection.execute(found.with_for_update())).one_or_none()

    async def revive(self, subscription: str, positions: Iterable[int], moment: datetime) -> None:
        """Try dead letters again at once."""
        await self._unblock(subscription, moment)
        again = update(deliveries).where(
            deliveries.c.subscription == subscription,
            deliveries.c.position.in_(list(positions)),
            deliveries.c.dead_at.is_not(None),
        )
        values = {"dead_at": None, "attempts": 0, "queued_at": moment}
        await self._connection.execute(again.values(**values))

    async def discard(self, subscription: str, position: int, moment: datetime) -> None:
        """Give a dead letter up for good; those behind it go on."""
        await self._unblock(subscription, moment)
        mine = deliveries.c.subscription == subscription, deliveries.c.position == position
        await self._connection.execute(delete(deliveries).where(*mine))

    async def oldest(self) -> list[Row[Any]]:
        """For each subscription what waits, since when the oldest, and its dead letters."""
        alive = and_(deliveries.c.position.is_not(None), deliveries.c.dead_at.is_(None))
        found = select(
            subscriptions.c.id,
            func.count(case((alive, 1))).label("waiting"),
            func.min(case((alive, deliveries.c.queued_at))).label("oldest"),
            func.count(deliveries.c.dead_at).label("dead"),
        ).select_from(
            subscriptions.outerjoin(deliveries, deliveries.c.subscription == subscriptions.c.id)
        )
        return list(await self._connection.execute(found.group_by(subscriptions.c.id)))

    async def _unblock(self, subscription: str, moment: datetime) -> None:
        blocked = lanes.c.subscription == subscription, lanes.c.due_at.is_(None)
        await self._connection.execute(update(lanes).where(*blocked).values(due_at=moment))


def _insert(connection: AsyncConnection) -> Any:
    return postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
