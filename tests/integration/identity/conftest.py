"""A running identity; the main story runs on both databases, attacks on one."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.support.identity import Browser, World, running_identity


@pytest.fixture
async def world(tmp_path: Path) -> AsyncGenerator[World]:
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
