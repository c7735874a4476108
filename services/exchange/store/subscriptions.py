"""Subscriptions, and how their deliveries fare."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.exchange.store.tables import deliveries, lanes, subscription_health, subscriptions

_health = subscription_health
_WITH_HEALTH = subscriptions.join(_health, _health.c.subscription == subscriptions.c.id)


class Subscriptions:
    """The subscriptions of one connection or transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def find(
        self, subscription: str, visible: ColumnElement[bool], *, lock: bool = False
    ) -> Row[Any] | None:
        """One that `visible` lets through, with its health and its dead letters."""
        found = _shown().where(subscriptions.c.id == subscription, visible)
        if lock:
            found = found.with_for_update(of=subscriptions, key_share=True)
        row: Row[Any] | None = (await self._connection.execute(found)).one_or_none()
        return row

    async def page(self, visible: ColumnElement[bool], after: str, limit: int) -> list[Row[Any]]:
        """Those that `visible` lets through, oldest first."""
        rows = (
            _shown()
            .where(visible, subscriptions.c.id > after)
            .order_by(subscriptions.c.id)
            .limit(limit)
        )
        return list(await self._connection.execute(rows))

    async def count(self, client: str) -> int:
        """How many a client has."""
        found = select(func.count()).where(subscriptions.c.client == client)
        return int(await self._connection.scalar(found.select_from(subscriptions)) or 0)

    async def of_client(self, client: str) -> list[Row[Any]]:
        """Those of a client that are not paused, locked."""
        theirs = subscriptions.c.client == client, subscriptions.c.paused.is_(None)
        found = (
            select(subscriptions)
            .where(*theirs)
            .order_by(subscriptions.c.id)
            .with_for_update(key_share=True)
        )
        return list(await self._connection.execute(found))

    async def active(self, departments: Iterable[str] | None) -> list[Row[Any]]:
        """Those that events are queued for: of these departments, or all of them."""
        columns = ("id", "department", "types", "items", "regions")
        found = select(*(subscriptions.c[name] for name in columns))
        found = found.where(subscriptions.c.paused.is_(None)).order_by(subscriptions.c.id)
        if departments is not None:
            found = found.where(subscriptions.c.department.in_(sorted(departments)))
        return list(await self._connection.execute(found))

    async def filling(self) -> list[str]:
        """Those whose queue is being filled from the feed."""
        found = select(subscriptions.c.id).where(
            subscriptions.c.fill_until.is_not(None), subscriptions.c.paused.is_(None)
        )
        return list((await self._connection.scalars(found.order_by(subscriptions.c.id))).all())

    async def locked(self, subscription: str) -> Row[Any] | None:
        """The row of one that is about to change."""
        found = select(subscriptions).where(subscriptions.c.id == subscription)
        found = found.with_for_update(key_share=True)
        return (await self._connection.execute(found)).one_or_none()

    async def add(self, row: Mapping[str, Any]) -> None:
        """Store a new one."""
        await self._connection.execute(insert(subscriptions).values(**row, version=1, told=0))
        healthy = {"subscription": row["id"], "failures": 0, "unanswered": 0}
        await self._connection.execute(insert(_health).values(**healthy))

    async def change(self, subscription: str, **values: Any) -> None:
        """Change columns as given."""
        change = update(subscriptions).where(subscriptions.c.id == subscription)
        await self._connection.execute(change.values(**values))

    async def unanswered(self, subscription: str) -> int:
        """How many deliveries in a row had no answer; the row is locked until the end."""
        found = select(_health.c.unanswered).where(_health.c.subscription == subscription)
        return int(await self._connection.scalar(found.with_for_update()) or 0)

    async def succeeded(self, subscription: str, at: datetime | None = None) -> None:
        """A delivery was taken, or all begins anew."""
        values: dict[str, Any] = {"failures": 0, "unanswered": 0, "held_until": None}
        await self._change_health(
            subscription, **(values if at is None else {**values, "last_success": at})
        )

    async def failed(
        self,
        subscription: str,
        reason: str,
        at: datetime,
        *,
        unanswered: int = 0,
        held_until: datetime | None = None,
    ) -> None:
        """A delivery was not taken."""
        await self._change_health(
            subscription,
            failures=_health.c.failures + 1,
            unanswered=unanswered,
            held_until=held_until,
            last_failure=at,
            last_reason=reason,
        )

    async def remove(self, subscription: str) -> None:
        """Remove it with all that waits for it."""
        for table in (lanes, deliveries, _health):
            mine = table.c.subscription == subscription
            await self._connection.execute(delete(table).where(mine))
        await self._connection.execute(
            delete(subscriptions).where(subscriptions.c.id == subscription)
        )

    async def _change_health(self, subscription: str, **values: Any) -> None:
        change = update(_health).where(_health.c.subscription == subscription)
        await self._connection.execute(change.values(**values))


def _shown() -> Select[Any]:
    queued = deliveries.c.subscription == subscriptions.c.id
    waiting = select(func.count()).where(queued, deliveries.c.dead_at.is_(None))
    dead = select(func.count()).where(queued, deliveries.c.dead_at.is_not(None))
    columns: list[Any] = [
        *subscriptions.c,
        *(column for column in _health.c if column.name != "subscription"),
        waiting.scalar_subquery().label("waiting"),
        dead.scalar_subquery().label("dead"),
    ]
    return select(*columns).select_from(_WITH_HEALTH)
