"""Permits."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.exchange.domain import THEMSELVES, Consumer, Permit
from services.exchange.store.tables import permits


class Permits:
    """The permits of one connection or transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def of(self, resource: str, consumer: Consumer) -> list[Permit]:
        """The permits under which this consumer may have a case for asking the resource."""
        mine: ColumnElement[bool] = permits.c.client.in_((consumer.client, THEMSELVES))
        if consumer.department is not None:
            mine = mine | (permits.c.department == consumer.department)
        found = select(permits).where(permits.c.resource == resource, mine)
        rows = await self._connection.execute(found.order_by(permits.c.id))
        return [_permit(row) for row in rows]

    async def locked(self, permit_id: str) -> Row[Any] | None:
        """The row of a permit that is about to be revoked."""
        found = select(permits).where(permits.c.id == permit_id).with_for_update()
        return (await self._connection.execute(found)).one_or_none()

    async def granted_before(self, digest: str) -> bool:
        """Whether the very same permit was granted once, revoked since or not."""
        found = select(permits.c.id).where(permits.c.digest == digest).limit(1)
        return await self._connection.scalar(found) is not None

    async def page(
        self, visible: ColumnElement[bool], after: str, limit: int, resource: str | None = None
    ) -> list[Row[Any]]:
        """Permits that `visible` lets through, oldest first."""
        rows = select(permits).where(visible, permits.c.id > after)
        if resource is not None:
            rows = rows.where(permits.c.resource == resource)
        return list(await self._connection.execute(rows.order_by(permits.c.id).limit(limit)))

    async def add(self, row: Mapping[str, Any]) -> None:
        """Store a new permit."""
        await self._connection.execute(insert(permits).values(**row, revoked=False, version=1))

    async def revoke(self, permit_id: str, *, by: str, at: datetime, ground: str) -> None:
        """End a permit."""
        change = update(permits).where(permits.c.id == permit_id)
        ended = {"revoked": True, "revoked_at": at, "revoked_by": by, "ground": ground}
        await self._connection.execute(change.values(**ended, version=permits.c.version + 1))


def _permit(row: Row[Any]) -> Permit:
    plain = ("id", "resource", "client", "department", "valid_from", "valid_until", "legal_basis")
    return Permit(
        **{name: row._mapping[name] for name in plain},
        items=frozenset(row.items),
        purposes=frozenset(row.purposes),
        fields=frozenset(row.fields),
        revoked=row.revoked,
    )
