"""The `database` fixture: an empty database on SQLite and on PostgreSQL in turn."""

import os
from collections.abc import AsyncGenerator, Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from deploy.stack.postgres import Cluster
from shared.db import Database
from shared.ids import uuid7
from tests.support import postgres


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server that tests may fill."""
    given = os.environ.get("TEST_POSTGRES_URL")
    if given:
        yield given.rstrip("/")
        return
    require_postgres()
    with postgres.server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[str]:
    """The URL of an empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/test.db"
        return
    server: str = request.getfixturevalue("postgres_server")
    name = f"test_{uuid7().replace('-', '')}"
    await administer(server, f'CREATE DATABASE "{name}"')
    yield f"{server}/{name}"
    await administer(server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
async def database(database_url: str) -> AsyncGenerator[Database]:
    """An empty database of each kind, opened."""
    db = Database(database_url)
    yield db
    await db.dispose()


@pytest.fixture
def open_another(database_url: str) -> Callable[[], Database]:
    """Opens the same database once more, as a second process would."""
    return lambda: Database(database_url)


def require_postgres() -> None:
    """Go on only where a cluster can be run: else the test is skipped, or fails in CI."""
    missing = Cluster.missing()
    if missing is None:
        return
    if os.environ.get("POSTGRES_REQUIRED"):
        pytest.fail(f"{missing}; {postgres.ELSE}")
    pytest.skip(f"{missing}; {postgres.ELSE}")


async def administer(server: str, statement: str) -> None:
    """Run a statement beside the tests' databases, such as CREATE DATABASE."""
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
