"""Who may act for whom."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Integer,
    Row,
    Select,
    String,
    Table,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.domain.delegations import Delegation, Principal
from services.identity.store.metadata import metadata
from services.identity.store.organisations import organisations
from services.identity.store.people import people
from shared.db import Document, Key, UTCDateTime

delegations = Table(
    "delegations",
    metadata,
    Column("id", Key(40), primary_key=True),
    Column("basis", String(32), nullable=False),
    Column("organisation", Key(40), ForeignKey("organisations.id"), index=True),
    Column("person", Key(40), ForeignKey("people.id"), index=True),
    Column("agent", Key(40), ForeignKey("people.id"), nullable=False, index=True),
    Column("items", Document()),
    Column("valid_from", UTCDateTime, nullable=False),
    Column("valid_until", UTCDateTime),
    Column("may_delegate", Boolean, nullable=False),
    Column("under", Key(40), index=True),
    Column("granted_by", Key(40), nullable=False),
    Column("granted_at", UTCDateTime, nullable=False),
    Column("accepted_at", UTCDateTime),
    Column("revoked_by", Key(40)),
    Column("revoked_at", UTCDateTime),
    Column("sequence", Integer, nullable=False),
)


async def add_delegation(
    tx: AsyncConnection, delegation: Delegation, *, by: str, at: datetime
) -> None:
    """Store a new delegation."""
    principal = delegation.principal
    await tx.execute(
        insert(delegations).values(
            id=delegation.id,
            basis=delegation.basis,
            organisation=principal.id if principal.type == "org" else None,
            person=principal.id if principal.type == "person" else None,
            agent=delegation.agent,
            items=None if delegation.items is None else sorted(delegation.items),
            valid_from=delegation.valid_from,
            valid_until=delegation.valid_until,
            may_delegate=delegation.may_delegate,
            under=delegation.under,
            granted_by=by,
            granted_at=at,
            accepted_at=delegation.accepted_at,
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


async def accept_delegation(tx: AsyncConnection, id_: str, at: datetime) -> None:
    """Store that the agent accepted it."""
    accepted = update(delegations).where(delegations.c.id == id_)
    await tx.execute(accepted.values(accepted_at=at))


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
    found = await _standing(connection, delegations.c.agent == person)
    return [one for one in found if one.active(now)]


async def offered_to(connection: AsyncConnection, person: str, now: datetime) -> list[Delegation]:
    """What a person was offered and has not accepted yet."""
    found = await _standing(
        connection, delegations.c.agent == person, delegations.c.accepted_at.is_(None)
    )
    return [one for one in found if not one.ended(now)]


async def given_for(
    connection: AsyncConnection, principal: Principal, now: datetime
) -> list[Delegation]:
    """Who may act for this principal now, and who was asked to."""
    column = delegations.c.organisation if principal.type == "org" else delegations.c.person
    found = await _standing(connection, column == principal.id)
    return [one for one in found if not one.ended(now)]


async def given_under(connection: AsyncConnection, id_: str, now: datetime) -> list[Delegation]:
    """What an agent gave on by his own authority."""
    found = await _standing(connection, delegations.c.under == id_)
    return [one for one in found if not one.ended(now)]


async def granting(
    connection: AsyncConnection, person: str, principal: Principal, now: datetime
) -> Delegation | None:
    """The authority by which a person may name agents of a principal, that by law first."""
    held = await held_by(connection, person, now)
    able = [one for one in held if one.principal == principal and one.grants]
    return min(able, key=lambda one: one.basis != "legal_representative", default=None)


async def ever_of(connection: AsyncConnection, person: str) -> list[Delegation]:
    """Every delegation that a person gave or held, for the copy of his data."""
    theirs = or_(delegations.c.agent == person, delegations.c.person == person)
    query = select(delegations).where(theirs).order_by(delegations.c.id)
    return [_read(row) for row in await connection.execute(query)]


async def _standing(connection: AsyncConnection, *conditions: Any) -> list[Delegation]:
    """Not revoked, and whom it is for still exists."""
    found = await connection.execute(_of_the_living().where(*conditions))
    return [_read(row) for row in found]


def _of_the_living() -> Select[Any]:
    return (
        select(delegations)
        .outerjoin(organisations, organisations.c.id == delegations.c.organisation)
        .outerjoin(people, people.c.id == delegations.c.person)
        .where(
            delegations.c.revoked_at.is_(None),
            or_(organisations.c.status == "active", people.c.status == "active"),
        )
        .order_by(delegations.c.id)
    )


def _read(row: Row[Any]) -> Delegation:
    principal = (
        Principal("person", row.person)
        if row.organisation is None
        else Principal("org", row.organisation)
    )
    return Delegation(
        id=row.id,
        basis=row.basis,
        principal=principal,
        agent=row.agent,
        items=None if row.items is None else frozenset(row.items),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        accepted_at=row.accepted_at,
        may_delegate=row.may_delegate,
        under=row.under,
        revoked_at=row.revoked_at,
    )
