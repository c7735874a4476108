"""A running identity; the main story runs on both databases, attacks on one."""

import asyncio
import shutil
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.support.identity import Browser, World, running_identity


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of an identity that was migrated and seeded, to be copied for each test."""
    folder = tmp_path_factory.mktemp("identity")

    async def prepare() -> None:
        async with running_identity(folder):
            pass

    asyncio.run(prepare())
    return folder


@pytest.fixture
async def world(seeded: Path, tmp_path: Path) -> AsyncGenerator[World]:
    shutil.copytree(seeded, tmp_path, dirs_exist_ok=True)
    async with running_identity(tmp_path) as running:
        yield running


@pytest.fixture
async def world_anywhere(tmp_path: Path, database_url: str) -> AsyncGenerator[World]:
    async with running_identity(tmp_path, database_url) as running:
        yield running


@pytest.fixture
async def browser(world: World) -> AsyncGenerator[Browser]:
    opened = Browser(world)
    yield opened
    await opened.close()
