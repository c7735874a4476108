"""The schema goes up and down on both databases, and agrees with the tables in code."""

from services.identity.app import MIGRATIONS
from services.identity.store import metadata
from shared.db import Database, Migrations


async def test_the_schema_goes_up_agrees_and_goes_down(database: Database) -> None:
    migrations = Migrations(MIGRATIONS, metadata)
    await migrations.upgrade(database)
    assert await migrations.current(database) == migrations.head
    assert await migrations.drift(database) == []
    await migrations.downgrade(database, "base")
    assert await migrations.current(database) is None
