"""Failed logins per account and per address, under keyed hashes."""

from datetime import datetime

from sqlalchemy import Column, Integer, Table, delete, update
from sqlalchemy.dialects import postgresql, sqlite
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


async def held(tx: AsyncConnection, id_: str, now: datetime) -> Failures:
    """What is remembered, locked until the transaction ends; who comes first locks it as well."""
    dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
    add = dialect.insert(throttles).values(id=id_, failures=0, last_at=now)
    known = add.on_conflict_do_update(
        index_elements=[throttles.c.id], set_={"id": add.excluded.id}
    ).returning(throttles.c.failures, throttles.c.last_at)
    row = (await tx.execute(known)).one()
    return Failures(row.failures, row.last_at)


async def remember(tx: AsyncConnection, id_: str, failures: Failures) -> None:
    """Store the failures of an account or address that is held."""
    values = {"failures": failures.count, "last_at": failures.last_at}
    await tx.execute(update(throttles).where(throttles.c.id == id_).values(values))


async def forgive(tx: AsyncConnection, id_: str) -> None:
    """Forget the failures after a success."""
    await tx.execute(delete(throttles).where(throttles.c.id == id_))


async def forget_failures(tx: AsyncConnection, now: datetime) -> None:
    """Drop what no longer counts."""
    await tx.execute(delete(throttles).where(throttles.c.last_at < now - FORGOTTEN_AFTER))
