"""Every service's schema on both databases: up, as the code has it, down, and up again."""

import asyncio
import os
import sys
from collections.abc import Callable
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect

from shared.db import Database, Migrations, WriterBusy
from tests.support import rows
from tests.support.sources import ROOT

SERVICES = sorted(app.parent.name for app in (ROOT / "services").glob("*/app.py"))
every_service = pytest.mark.parametrize("service", SERVICES)


def _migrations(service: str, **options: float) -> Migrations:
    store = import_module(f"services.{service}.store")
    mechanisms = getattr(store, "mechanisms", None)
    if mechanisms is None:
        mechanisms = import_module(f"services.{service}.store.tables").mechanisms
    folder = import_module(f"services.{service}.app").MIGRATIONS
    return Migrations(folder, mechanisms.metadata, **options)


async def _tables(database: Database) -> set[str]:
    def names(connection: Connection) -> set[str]:
        return set(inspect(connection).get_table_names())

    async with database.read() as connection:
        return await connection.run_sync(names)


@every_service
async def test_the_schema_is_what_the_code_has(service: str, database: Database) -> None:
    migrations = _migrations(service)
    await migrations.upgrade(database)
    assert await migrations.current(database) == migrations.head
    assert await migrations.drift(database) == []
    assert len(await _tables(database)) > 1


@every_service
async def test_the_schema_goes_down_to_nothing_and_up_again(
    service: str, database: Database
) -> None:
    migrations = _migrations(service)
    await migrations.upgrade(database)
    whole = await _tables(database)
    await migrations.downgrade(database, "base")
    assert await _tables(database) == {"alembic_version"}
    assert await migrations.current(database) is None
    await migrations.upgrade(database)
    assert await _tables(database) == whole
    assert await migrations.drift(database) == []


@every_service
async def test_each_step_goes_down_and_up_again_over_rows(service: str, database: Database) -> None:
    migrations = _migrations(service)
    steps = migrations.revisions
    assert steps[-1] == migrations.head
    for below, step in pairwise(("base", *steps)):
        await migrations.upgrade(database, step)
        async with database.write() as tx:
            full = await tx.run_sync(rows.fill)
        assert set(full.values()) == {1}
        await migrations.downgrade(database, below)
        async with database.read() as connection:
            kept = await connection.run_sync(rows.count)
        assert kept == {name: full[name] for name in kept}
        await migrations.upgrade(database, step)
    assert await migrations.drift(database) == []


async def test_a_second_migration_waits_for_the_first_however_long_it_takes(
    database: Database, database_url: str
) -> None:
    """Longer than a request would wait for a lock."""
    other, first = Database(database_url, wait_seconds=0.3), _migrations("cases")
    async with asyncio.TaskGroup() as tasks, first.alone(database):
        second = tasks.create_task(_migrations("cases").upgrade(other))
        await asyncio.sleep(1)
        assert not second.done()
    assert await first.current(database) == first.head
    await other.dispose()


async def test_a_migration_that_waits_in_vain_says_that_another_is_at_it(
    database: Database, database_url: str
) -> None:
    other = Database(database_url, wait_seconds=0.3)
    impatient = _migrations("cases", patience=0.5)
    async with _migrations("cases").alone(database):
        with pytest.raises(WriterBusy):
            await impatient.upgrade(other)
    await other.dispose()


@every_service
async def test_migrating_twice_at_once_is_migrating_once(
    service: str, database: Database, open_another: Callable[[], Database]
) -> None:
    other = open_another()
    try:
        await asyncio.gather(
            _migrations(service).upgrade(database), _migrations(service).upgrade(other)
        )
        assert await _migrations(service).drift(other) == []
    finally:
        await other.dispose()


async def test_two_processes_that_start_at_once_both_get_the_schema(
    database_url: str, tmp_path: Path
) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "CASES_DATABASE_URL": database_url,
        "TONGBAN_ENVIRONMENT": "onebox",
        "EVENTS_URL": f"sqlite:///{tmp_path}/events.db",
        "KEYS_FOLDER": str(tmp_path / "keys"),
    }
    started = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.cases", "migrate"),
            env=environment,
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        for _ in range(2)
    ]
    told = [(await process.communicate())[0].decode() for process in started]
    assert [process.returncode for process in started] == [0, 0], told
    assert all("the schema of cases is at" in one for one in told)
