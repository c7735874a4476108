"""Failed logins per account and per address, under keyed hashes."""

from datetime import datetime

from sqlalchemy import Column, Integer, Table, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.domain.throttle import FORGOTTEN_AFTER, Failures
from services.identity.store.metadata import metadata
from shared.db import Key, UTCDateTime

throttles = Table(
    "throttles",
    metadata,
    Column("id", Key(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", UTCDateTime, nullable=False, index=True),
)


async def failures_of(tx: AsyncConnection, id_: str) -> Failures | None:
    """What is remembered; locked until the transaction ends."""
    query = select(throttles).where(throttles.c.id == id_).with_for_update()
    row = (await tx.execute(query)).first()
    return None if row is None else Failures(row.failures, row.last_at)


async def remember(tx: AsyncConnection, id_: str, failures: Failures) -> None:
    """Store the failures of an account or address."""
    values = {"failures": failures.count, "last_at": failures.last_at}
    done = await tx.execute(update(throttles).where(throttles.c.id == id_).values(values))
    if not done.rowcount:
        await tx.execute(insert(throttles).values(id=id_, **values))


async def forgive(tx: AsyncConnection, id_: str) -> None:
    """Forget the failures after a success."""
    await tx.execute(delete(throttles).where(throttles.c.id == id_))


async def forget_failures(tx: AsyncConnection, now: datetime) -> None:
    """Drop what no longer counts."""
    await tx.execute(delete(throttles).where(throttles.c.last_at < now - FORGOTTEN_AFTER))
