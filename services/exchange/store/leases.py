"""Leases of subjects: claimed by one deliverer at a time, and fenced when they are marked."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.exchange.store.tables import (
    deliveries,
    feed,
    lanes,
    subscription_health,
    subscriptions,
)

# So many without an answer in a row: from then on one delivery at a time feels its way.
SILENT = 5
_health = subscription_health


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery whose subject is leased to this process, with all that sending it needs."""

    subscription: str
    subject: str
    lease: int
    position: int
    event_id: str
    type: str
    event: bytes
    attempts: int
    queued_at: datetime
    url: str
    secret: bytes
    previous_secret: bytes | None
    previous_until: datetime | None


class Leases:
    """What may be sent now, of one connection or transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def due(self, moment: datetime) -> list[str]:
        """The subscriptions for which something can be sent now."""
        found = (
            select(subscriptions.c.id)
            .join(_health, _health.c.subscription == subscriptions.c.id)
            .where(_serves(moment), exists().where(_ready(subscriptions.c.id, moment)))
            .order_by(subscriptions.c.id)
        )
        return list((await self._connection.scalars(found)).all())

    async def claim(
        self, subscription: str, moment: datetime, until: datetime, at_once: int
    ) -> list[Claimed]:
        """Lease subjects of a subscription, as many as it may have under way."""
        found = (
            select(_health.c.unanswered)
            .join(subscriptions, _health.c.subscription == subscriptions.c.id)
            .where(subscriptions.c.id == subscription, _serves(moment))
            .with_for_update(of=_health)
        )
        row = (await self._connection.execute(found)).one_or_none()
        if row is None:
            return []
        free = at_once - await self._under_way(subscription, moment)
        if row.unanswered >= SILENT:
            free = min(free, 1)
            held = update(_health).where(_health.c.subscription == subscription)
            await self._connection.execute(held.values(held_until=until))
        claimed = [
            await self._lease(subscription, subject, until)
            for subject in await self._free_subjects(subscription, moment, free)
        ]
        return [one for one in claimed if one is not None]

    async def holds(self, claimed: Claimed) -> bool:
        """Whether the lease is still the one that was claimed; its row is locked until the end."""
        found = select(lanes.c.lease).where(_lane(claimed)).with_for_update()
        return bool(await self._connection.scalar(found) == claimed.lease)

    async def delivered(self, claimed: Claimed, until: datetime | None) -> Claimed | None:
        """Take a delivery out; the next of its subject, leased `until`, when it can go at once."""
        await self._connection.execute(delete(deliveries).where(_delivery(claimed)))
        if until is not None and await self._serves(claimed.subscription):
            return await self._lease(claimed.subscription, claimed.subject, until)
        await self._release(claimed)
        return None

    async def failed(
        self,
        claimed: Claimed,
        reason: str,
        *,
        due: datetime | None = None,
        dead_at: datetime | None = None,
    ) -> None:
        """Put a delivery off until `due`, or make it a dead letter, behind which others wait."""
        values = {"attempts": claimed.attempts + 1, "reason": reason, "dead_at": dead_at}
        change = update(deliveries).where(_delivery(claimed)).values(**values)
        await self._connection.execute(change)
        await self._release(claimed, due_at=due)

    async def hurry(self, subscription: str, moment: datetime) -> None:
        """The receiver is back: what was put off is due now."""
        put_off = select(lanes.c.subject).where(
            lanes.c.subscription == subscription,
            lanes.c.due_at > moment,
            lanes.c.leased_until.is_(None),
        )
        subjects = put_off.with_for_update(skip_locked=True).scalar_subquery()
        mine = lanes.c.subscription == subscription, lanes.c.subject.in_(subjects)
        await self._connection.execute(update(lanes).where(*mine).values(due_at=moment))

    async def _release(self, claimed: Claimed, **values: Any) -> None:
        given = update(lanes).where(_lane(claimed)).values(leased_until=None, **values)
        await self._connection.execute(given)

    async def _under_way(self, subscription: str, moment: datetime) -> int:
        leased = lanes.c.subscription == subscription, lanes.c.leased_until > moment
        found = select(func.count()).select_from(lanes).where(*leased)
        return int(await self._connection.scalar(found) or 0)

    async def _free_subjects(self, subscription: str, moment: datetime, most: int) -> list[str]:
        if most <= 0:
            return []
        found = (
            select(lanes.c.subject)
            .where(_ready(subscription, moment))
            .order_by(lanes.c.due_at, lanes.c.subject)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        return list((await self._connection.scalars(found)).all())

    async def _lease(self, subscription: str, subject: str, until: datetime) -> Claimed | None:
        """Lease a subject whose row is locked, and give its first delivery."""
        mine = and_(lanes.c.subscription == subscription, lanes.c.subject == subject)
        first = await self._first(subscription, subject)
        if first is None:
            await self._connection.execute(delete(lanes).where(mine))
            return None
        if first.dead_at is not None:
            blocked = update(lanes).where(mine).values(due_at=None, leased_until=None)
            await self._connection.execute(blocked)
            return None
        leased = update(lanes).where(mine).values(lease=lanes.c.lease + 1, leased_until=until)
        lease = await self._connection.scalar(leased.returning(lanes.c.lease))
        plain = {name: value for name, value in first._mapping.items() if name != "dead_at"}
        return Claimed(lease=lease, **plain)

    async def _first(self, subscription: str, subject: str) -> Row[Any] | None:
        waiting = ("subscription", "subject", "position", "event_id", "type", "attempts",
                   "queued_at", "dead_at")  # fmt: skip
        sending = ("url", "secret", "previous_secret", "previous_until")
        columns: list[Any] = [
            *(deliveries.c[name] for name in waiting),
            *(subscriptions.c[name] for name in sending),
            feed.c.event,
        ]
        found = (
            select(*columns)
            .join(feed, feed.c.position == deliveries.c.position)
            .join(subscriptions, subscriptions.c.id == deliveries.c.subscription)
            .where(deliveries.c.subscription == subscription, deliveries.c.subject == subject)
            .order_by(deliveries.c.position)
            .limit(1)
        )
        return (await self._connection.execute(found)).one_or_none()

    async def _serves(self, subscription: str) -> bool:
        found = select(subscriptions.c.id).where(
            subscriptions.c.id == subscription,
            subscriptions.c.paused.is_(None),
            subscriptions.c.fill_until.is_(None),
        )
        return await self._connection.scalar(found) is not None


def _serves(moment: datetime) -> ColumnElement[bool]:
    held = _health.c.held_until
    return and_(
        subscriptions.c.paused.is_(None),
        # While its queue is filled from the feed, a later event would overtake an earlier one.
        subscriptions.c.fill_until.is_(None),
        or_(held.is_(None), held <= moment),
    )


def _ready(subscription: str | ColumnElement[str], moment: datetime) -> ColumnElement[bool]:
    return and_(
        lanes.c.subscription == subscription,
        lanes.c.due_at <= moment,
        or_(lanes.c.leased_until.is_(None), lanes.c.leased_until <= moment),
    )


def _lane(claimed: Claimed) -> ColumnElement[bool]:
    return and_(lanes.c.subscription == claimed.subscription, lanes.c.subject == claimed.subject)


def _delivery(claimed: Claimed) -> ColumnElement[bool]:
    return and_(
        deliveries.c.subscription == claimed.subscription,
        deliveries.c.position == claimed.position,
    )
