"""Who may act for which organisation."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    Row,
    Select,
    String,
    Table,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.domain.delegations import Delegation
from services.identity.store.metadata import metadata
from services.identity.store.organisations import organisations
from shared.db import Document, Key, UTCDateTime

delegations = Table(
    "delegations",
    metadata,
    Column("id", Key(40), primary_key=True),
    Column("basis", String(32), nullable=False),
    Column("organisation", Key(40), ForeignKey("organisations.id"), nullable=False, index=True),
    Column("agent", Key(40), ForeignKey("people.id"), nullable=False, index=True),
    Column("items", Document()),
    Column("valid_from", UTCDateTime, nullable=False),
    Column("valid_until", UTCDateTime),
    Column("granted_by", Key(40), nullable=False),
    Column("granted_at", UTCDateTime, nullable=False),
    Column("revoked_by", Key(40)),
    Column("revoked_at", UTCDateTime),
    Column("sequence", Integer, nullable=False),
)


async def add_delegation(
    tx: AsyncConnection, delegation: Delegation, *, by: str, at: datetime
) -> None:
    """Store a new delegation."""
    await tx.execute(
        insert(delegations).values(
            id=delegation.id,
            basis=delegation.basis,
            organisation=delegation.organisation,
            agent=delegation.agent,
            items=None if delegation.items is None else sorted(delegation.items),
            valid_from=delegation.valid_from,
            valid_until=delegation.valid_until,
            granted_by=by,
            granted_at=at,
            sequence=0,
        )
    )


async def find_delegation(connection: AsyncConnection, id_: str) -> Delegation | None:
    """The delegation with this id."""
    row = (await connection.execute(select(delegations).where(delegations.c.id == id_))).first()
    return None if row is None else _read(row)


async def lock_delegation(tx: AsyncConnection, id_: str) -> Delegation | None:
    """The delegation, which nobody else changes until the transaction ends."""
    query = select(delegations).where(delegations.c.id == id_).with_for_update()
    row = (await tx.execute(query)).first()
    return None if row is None else _read(row)


async def close_delegation(
    tx: AsyncConnection,
    id_: str,
    *,
    by: str,
    at: datetime,
) -> None:
    """Store that it was revoked."""
    ended = update(delegations).where(delegations.c.id == id_)
    await tx.execute(ended.values(revoked_by=by, revoked_at=at))


async def held_by(connection: AsyncConnection, person: str, now: datetime) -> list[Delegation]:
    """The active authorities of a person, oldest first."""
    return await _active(connection, _standing().where(delegations.c.agent == person), now)


async def given_for(
    connection: AsyncConnection, organisation: str, now: datetime
) -> list[Delegation]:
    """Who may act for this organisation now."""
    chosen = _standing().where(delegations.c.organisation == organisation)
    return await _active(connection, chosen, now)


async def representation(
    connection: AsyncConnection, person: str, organisation: str, now: datetime
) -> Delegation | None:
    """The authority by which a person represents the whole organisation by law."""
    chosen = _standing().where(
        delegations.c.agent == person,
        delegations.c.organisation == organisation,
        delegations.c.basis == "legal_representative",
    )
    found = await _active(connection, chosen, now)
    return found[0] if found else None


def _standing() -> Select[Any]:
    return (
        select(delegations)
        .join(organisations, organisations.c.id == delegations.c.organisation)
        .where(delegations.c.revoked_at.is_(None), organisations.c.status == "active")
        .order_by(delegations.c.id)
    )


async def _active(
    connection: AsyncConnection, query: Select[Any], now: datetime
) -> list[Delegation]:
    found = [_read(row) for row in await connection.execute(query)]
    return [one for one in found if one.active(now)]


def _read(row: Row[Any]) -> Delegation:
    return Delegation(
        id=row.id,
        basis=row.basis,
        organisation=row.organisation,
        agent=row.agent,
        items=None if row.items is None else frozenset(row.items),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        revoked_at=row.revoked_at,
    )
