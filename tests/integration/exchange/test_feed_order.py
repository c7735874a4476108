"""Positions of the feed become visible in their order, also when two processes write it."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from services.exchange.app import MIGRATIONS
from services.exchange.store import Feed
from services.exchange.store.tables import metadata
from shared.db import Database, Migrations

WRITERS, EACH = 4, 10


async def test_a_reader_never_sees_a_position_before_an_earlier_one(
    database: Database, open_another: Callable[[], Database]
) -> None:
    await Migrations(MIGRATIONS, metadata).upgrade(database)
    others = [open_another() for _ in range(WRITERS)]
    done = asyncio.Event()

    async def write(db: Database) -> None:
        for _ in range(EACH):
            async with db.write() as tx:
                await Feed(tx).append({"a", "b"}, "tongban.cases.x.v1", b"{}")
                await asyncio.sleep(0.002)

    async def read() -> list[int]:
        seen: list[int] = []
        while not done.is_set() or not seen or seen[-1] < 2 * WRITERS * EACH:
            last = seen[-1] if seen else 0
            async with database.read() as connection:
                head = await Feed(connection).head()
                found = await Feed(connection).page(("a", "b"), (), last, head, 1000)
            seen += [entry.position for entry in found]
            await asyncio.sleep(0)
        return seen

    reading = asyncio.create_task(read())
    await asyncio.gather(*(write(db) for db in others))
    done.set()
    async with asyncio.timeout(10):
        assert await reading == list(range(1, 2 * WRITERS * EACH + 1))
    for db in others:
        await db.dispose()


async def test_the_migrations_go_up_and_down_and_leave_no_drift(database: Database) -> None:
    migrations = Migrations(Path(MIGRATIONS), metadata)
    await migrations.upgrade(database)
    assert await migrations.drift(database) == []
    await migrations.downgrade(database, "base")
    await migrations.upgrade(database)
    async with database.read() as connection:
        assert await Feed(connection).head() == 0
