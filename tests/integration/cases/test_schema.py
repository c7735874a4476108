"""The schema goes up and down on both databases and is what the tables say."""

from datetime import date

from services.cases.app import MIGRATIONS
from services.cases.store import calendar
from services.cases.store.tables import metadata
from shared.db import Database, Migrations


async def test_migrations_go_up_and_down_and_leave_no_drift(database: Database) -> None:
    migrations = Migrations(MIGRATIONS, metadata)
    await migrations.upgrade(database)
    assert await migrations.drift(database) == []
    await migrations.downgrade(database, "base")
    await migrations.upgrade(database)
    assert await migrations.current(database) == migrations.head


async def test_an_overridden_day_outlives_the_next_import(database: Database) -> None:
    await Migrations(MIGRATIONS, metadata).upgrade(database)
    typhoon = date(2026, 7, 8)
    async with database.write() as tx:
        await calendar.import_days(tx, calendar.published_days())
        await calendar.override(
            tx, typhoon, working=False, name="台风停工", source="省政府通告 2026 第 9 号"
        )
        await calendar.override(tx, date(2026, 5, 9), working=False, name="改", source="通知")
    async with database.write() as tx:
        await calendar.import_days(tx, calendar.published_days())
    async with database.read() as connection:
        days = await calendar.read(connection)
    assert not days.is_working(typhoon)
    assert not days.is_working(date(2026, 5, 9))
    assert not days.is_working(date(2026, 10, 1))
    assert days.published == {2024, 2025, 2026}
