"""The database: nothing is lost by concurrency, and its errors are told in our words."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, insert, select, update

from shared.db import Database, DatabaseUnavailable, UTCDateTime
from shared.db.columns import Key

metadata = MetaData()
counters = Table(
    "counters",
    metadata,
    Column("name", Key(20), primary_key=True),
    Column("value", Integer, nullable=False),
    Column("at", UTCDateTime()),
)


@pytest.fixture
async def counting(database: Database) -> Database:
    async with database.write() as tx:
        await tx.run_sync(metadata.create_all)
        await tx.execute(insert(counters).values(name="a", value=0))
    return database


async def _increment(db: Database) -> None:
    async with db.write() as tx:
        row = select(counters.c.value).where(counters.c.name == "a").with_for_update()
        value = (await tx.execute(row)).scalar_one()
        await asyncio.sleep(0)
        await tx.execute(update(counters).values(value=value + 1))


async def test_forty_concurrent_read_then_write_transactions_lose_no_update(
    counting: Database,
) -> None:
    await asyncio.gather(*(_increment(counting) for _ in range(40)))
    async with counting.read() as connection:
        assert await connection.scalar(select(counters.c.value)) == 40


async def test_two_processes_that_write_lose_no_update(
    counting: Database, open_another: Callable[[], Database]
) -> None:
    other = open_another()
    await asyncio.gather(*(_increment(db) for _ in range(15) for db in (counting, other)))
    async with counting.read() as connection:
        assert await connection.scalar(select(counters.c.value)) == 30
    await other.dispose()


async def test_a_block_that_raises_stores_nothing(counting: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with counting.write() as tx:
            await tx.execute(update(counters).values(value=7))
            raise ZeroDivisionError
    async with counting.read() as connection:
        assert await connection.scalar(select(counters.c.value)) == 0


async def test_a_commit_wakes_whoever_waits_for_changes(counting: Database) -> None:
    cursor = counting.changes.cursor()
    await _increment(counting)
    assert await cursor.wait(1)


async def test_times_come_back_as_utc_whatever_zone_they_had(counting: Database) -> None:
    moment = datetime(2026, 11, 21, 8, tzinfo=UTC)
    async with counting.write() as tx:
        await tx.execute(update(counters).values(at=moment))
    async with counting.read() as connection:
        assert await connection.scalar(select(counters.c.at)) == moment


async def test_a_reader_cannot_write_on_sqlite(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path}/x.db")
    async with db.write() as tx:
        await tx.run_sync(metadata.create_all)
    with pytest.raises(DatabaseUnavailable, match="readonly"):
        async with db.read() as connection:
            await connection.execute(insert(counters).values(name="b", value=1))
    await db.dispose()


async def test_a_database_that_is_away_is_named_unavailable() -> None:
    db = Database("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(DatabaseUnavailable):
        await db.ping()
    await db.dispose()


def test_an_unknown_kind_of_database_is_refused_with_the_two_that_are_known() -> None:
    with pytest.raises(ValueError, match=r"sqlite:///FILE or postgresql://USER@HOST/NAME"):
        Database("mysql://host/name")
