"""A running identity; the main story runs on both databases, attacks on one."""

import asyncio
import shutil
from collections.abc import AsyncGenerator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shared.ids import uuid7
from tests.support.databases import administer
from tests.support.identity import Browser, World, running_identity


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of an identity that was migrated and seeded, to be copied for each test."""
    folder = tmp_path_factory.mktemp("identity")

    async def prepare() -> None:
        async with running_identity(folder):
            pass

    _run_aside(prepare)
    return folder


@pytest.fixture
async def world(seeded: Path, tmp_path: Path) -> AsyncGenerator[World]:
    shutil.copytree(seeded, tmp_path, dirs_exist_ok=True)
    async with running_identity(tmp_path) as running:
        yield running


@pytest.fixture(scope="session")
def seeded_server(
    postgres_server: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    """The same on PostgreSQL: the files, and the database to be copied."""
    folder, name = tmp_path_factory.mktemp("identity"), f"seeded_{uuid7().replace('-', '')}"

    async def prepare() -> None:
        await administer(postgres_server, f'CREATE DATABASE "{name}"')
        async with running_identity(folder, f"{postgres_server}/{name}"):
            pass

    _run_aside(prepare)
    return folder, name


def _run_aside(prepare: Callable[[], Coroutine[None, None, None]]) -> None:
    """In a thread: the first test to ask is in a loop of its own already."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(prepare())).result()


@pytest.fixture(params=["sqlite", "postgresql"])
async def world_anywhere(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[World]:
    """On a copy of the seeded SQLite file, and of the seeded database on PostgreSQL."""
    if request.param == "sqlite":
        shutil.copytree(request.getfixturevalue("seeded"), tmp_path, dirs_exist_ok=True)
        async with running_identity(tmp_path) as running:
            yield running
        return
    server: str = request.getfixturevalue("postgres_server")
    folder, template = request.getfixturevalue("seeded_server")
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    name = f"test_{uuid7().replace('-', '')}"
    await administer(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    async with running_identity(tmp_path, f"{server}/{name}") as running:
        yield running
    await administer(server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
async def browser(world: World) -> AsyncGenerator[Browser]:
    opened = Browser(world)
    yield opened
    await opened.close()
