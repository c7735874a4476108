"""What happened to the security of a person's account, and what he is still to be told of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Integer, Row, String, Table, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.store.metadata import metadata
from shared.db import Document, Key, UTCDateTime
from shared.ids import new_id

security_events = Table(
    "security_events",
    metadata,
    Column("id", Key(40), primary_key=True),
    Column("person", Key(40), nullable=False, index=True),
    Column("kind", String(32), nullable=False),
    Column("facts", Document(), nullable=False),
    Column("at", UTCDateTime, nullable=False, index=True),
    Column("due_at", UTCDateTime, index=True),
    Column("attempts", Integer, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityEvent:
    """One of them; `facts` fill its sentence, and hold no number of a person."""

    id: str
    person: str
    kind: str
    facts: Mapping[str, str]
    at: datetime
    attempts: int


async def add(
    tx: AsyncConnection,
    person: str,
    kind: str,
    facts: Mapping[str, str],
    at: datetime,
    *,
    told: bool = False,
) -> None:
    """Keep one; `told`: no message is sent, for the person was there or sees it on the page."""
    await tx.execute(
        insert(security_events).values(
            id=new_id("sev"),
            person=person,
            kind=kind,
            facts=dict(facts),
            at=at,
            due_at=None if told else at,
            attempts=0,
        )
    )


async def events_of(
    connection: AsyncConnection, person: str, *, before: str | None = None, limit: int
) -> list[SecurityEvent]:
    """A person's, newest first; ids grow with time."""
    query = select(security_events).where(security_events.c.person == person)
    if before is not None:
        query = query.where(security_events.c.id < before)
    found = await connection.execute(query.order_by(security_events.c.id.desc()).limit(limit))
    return [_read(row) for row in found]


async def any_due(connection: AsyncConnection, moment: datetime) -> bool:
    """Whether somebody is to be told now."""
    query = select(security_events.c.id).where(security_events.c.due_at <= moment).limit(1)
    return await connection.scalar(query) is not None


async def claim(
    tx: AsyncConnection, moment: datetime, until: datetime, most: int
) -> list[SecurityEvent]:
    """Take some; until then no other process takes them, and afterwards any does."""
    table = security_events
    due = (
        select(table.c.id)
        .where(table.c.due_at <= moment)
        .order_by(table.c.due_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    taken = (
        update(table)
        .where(table.c.id.in_(due.scalar_subquery()))
        .values(due_at=until, attempts=table.c.attempts + 1)
        .returning(*table.c)
    )
    return [_read(row) for row in await tx.execute(taken)]


async def settle(tx: AsyncConnection, id_: str, again: datetime | None) -> None:
    """Told, or given up; `again`: to be tried then."""
    change = update(security_events).where(security_events.c.id == id_)
    await tx.execute(change.values(due_at=again))


async def waiting(connection: AsyncConnection) -> int:
    """How many are still to be told."""
    query = select(func.count()).where(security_events.c.due_at.is_not(None))
    return int(await connection.scalar(query) or 0)


async def forget(tx: AsyncConnection, before: datetime) -> None:
    """Drop those that are older."""
    await tx.execute(delete(security_events).where(security_events.c.at < before))


def _read(row: Row[Any]) -> SecurityEvent:
    return SecurityEvent(
        id=row.id,
        person=row.person,
        kind=row.kind,
        facts=row.facts,
        at=row.at,
        attempts=row.attempts,
    )
