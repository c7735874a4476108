"""Requests to act for a relative, which wait for that person's consent."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Integer, Row, String, Table, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.store.metadata import metadata
from shared.db import Document, Key, UTCDateTime

entrustments = Table(
    "entrustments",
    metadata,
    Column("id", Key(40), primary_key=True),
    Column("agent", Key(40), ForeignKey("people.id"), nullable=False, index=True),
    # Empty when nobody here has that name and number: who asks is not told.
    Column("person", Key(40), ForeignKey("people.id"), index=True),
    Column("shown", String(100), nullable=False),
    Column("items", Document()),
    Column("valid_until", UTCDateTime, nullable=False),
    Column("asked_at", UTCDateTime, nullable=False),
    Column("expires_at", UTCDateTime, nullable=False, index=True),
    Column("code_hash", Key(64), nullable=False),
    Column("code_until", UTCDateTime, nullable=False),
    Column("code_tries", Integer, nullable=False),
    Column("ended_at", UTCDateTime),
    Column("outcome", String(16)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrustment:
    """A request of `agent` to act for `person`, whom it shows as it was typed, masked."""

    id: str
    agent: str
    person: str | None
    shown: str
    items: frozenset[str] | None
    valid_until: datetime
    asked_at: datetime
    expires_at: datetime
    code_hash: str
    code_until: datetime
    code_tries: int = 0
    outcome: str | None = None

    def waits(self, now: datetime) -> bool:
        """Whether it still may be answered."""
        return self.outcome is None and now < self.expires_at


async def add_entrustment(tx: AsyncConnection, asked: Entrustment) -> None:
    """Keep a request."""
    await tx.execute(
        insert(entrustments).values(
            id=asked.id,
            agent=asked.agent,
            person=asked.person,
            shown=asked.shown,
            items=None if asked.items is None else sorted(asked.items),
            valid_until=asked.valid_until,
            asked_at=asked.asked_at,
            expires_at=asked.expires_at,
            code_hash=asked.code_hash,
            code_until=asked.code_until,
            code_tries=asked.code_tries,
        )
    )


async def lock_entrustment(tx: AsyncConnection, id_: str) -> Entrustment | None:
    """The request, which nobody else answers until the transaction ends."""
    query = select(entrustments).where(entrustments.c.id == id_).with_for_update()
    row = (await tx.execute(query)).first()
    return None if row is None else _read(row)


async def waiting_of(connection: AsyncConnection, person: str, now: datetime) -> list[Entrustment]:
    """What a person asked for, and what he is asked for."""
    query = select(entrustments).where(
        or_(entrustments.c.agent == person, entrustments.c.person == person),
        entrustments.c.outcome.is_(None),
        entrustments.c.expires_at > now,
    )
    return [_read(row) for row in await connection.execute(query.order_by(entrustments.c.id))]


async def count_try(tx: AsyncConnection, id_: str) -> None:
    """Count one guess of the code."""
    table = entrustments
    tried = update(table).where(table.c.id == id_)
    await tx.execute(tried.values(code_tries=table.c.code_tries + 1))


async def close_entrustment(tx: AsyncConnection, id_: str, outcome: str, at: datetime) -> None:
    """Store how it ended."""
    done = update(entrustments).where(entrustments.c.id == id_)
    await tx.execute(done.values(outcome=outcome, ended_at=at))


def _read(row: Row[Any]) -> Entrustment:
    return Entrustment(
        id=row.id,
        agent=row.agent,
        person=row.person,
        shown=row.shown,
        items=None if row.items is None else frozenset(row.items),
        valid_until=row.valid_until,
        asked_at=row.asked_at,
        expires_at=row.expires_at,
        code_hash=row.code_hash,
        code_until=row.code_until,
        code_tries=row.code_tries,
        outcome=row.outcome,
    )
