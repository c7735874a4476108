"""How many logins failed, in slices of time: what every process has counted together."""

from datetime import datetime

from sqlalchemy import Column, Integer, Table, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.store.metadata import metadata
from shared.db import UTCDateTime

failures = Table(
    "failures",
    metadata,
    Column("slice", UTCDateTime, primary_key=True),
    Column("count", Integer, nullable=False),
)


async def add_failures(tx: AsyncConnection, slice_: datetime, count: int) -> None:
    """Add what one process has counted."""
    dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
    add = dialect.insert(failures).values(slice=slice_, count=count)
    more = {"count": failures.c.count + add.excluded.count}
    await tx.execute(add.on_conflict_do_update(index_elements=[failures.c.slice], set_=more))


async def failures_since(connection: AsyncConnection, since: datetime) -> int:
    """How many there were since then, in all processes."""
    query = select(func.sum(failures.c.count)).where(failures.c.slice >= since)
    return int(await connection.scalar(query) or 0)


async def forget_slices(tx: AsyncConnection, before: datetime) -> None:
    """Drop what counts no more."""
    await tx.execute(delete(failures).where(failures.c.slice < before))
