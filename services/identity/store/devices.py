"""Browsers in which a person has logged in before: guessers elsewhere do not slow them."""

from datetime import datetime

from sqlalchemy import Column, ForeignKey, Table, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.store.metadata import metadata
from shared.db import Key, UTCDateTime

devices = Table(
    "devices",
    metadata,
    Column("hash", Key(64), primary_key=True),
    Column("person", Key(40), ForeignKey("people.id"), primary_key=True, index=True),
    Column("first_at", UTCDateTime, nullable=False),
    Column("last_at", UTCDateTime, nullable=False, index=True),
)


async def seen_before(connection: AsyncConnection, person: str, hashed: str) -> bool:
    """Whether this person has logged in in this browser."""
    query = select(devices.c.hash).where(devices.c.hash == hashed, devices.c.person == person)
    return await connection.scalar(query) is not None


async def has_any(connection: AsyncConnection, person: str) -> bool:
    """Whether this person has logged in in any browser that is remembered."""
    query = select(devices.c.hash).where(devices.c.person == person).limit(1)
    return await connection.scalar(query) is not None


async def seen(tx: AsyncConnection, person: str, hashed: str, at: datetime) -> bool:
    """Remember the browser; True when it is new for this person."""
    again = update(devices).where(devices.c.hash == hashed, devices.c.person == person)
    if (await tx.execute(again.values(last_at=at))).rowcount:
        return False
    dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
    row = {"hash": hashed, "person": person, "first_at": at, "last_at": at}
    await tx.execute(dialect.insert(devices).values(row).on_conflict_do_nothing())
    return True


async def forget_devices_of(tx: AsyncConnection, person: str) -> None:
    """Trust none of a person's browsers any more."""
    await tx.execute(delete(devices).where(devices.c.person == person))


async def forget_devices(tx: AsyncConnection, before: datetime) -> None:
    """Drop those that were not used since."""
    await tx.execute(delete(devices).where(devices.c.last_at < before))
