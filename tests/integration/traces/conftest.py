"""The trace store as a whole app, on both databases."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.support.traces import Traces, running


@pytest.fixture
async def traces(tmp_path: Path) -> AsyncGenerator[Traces]:
    """The service on SQLite."""
    async with running(f"sqlite:///{tmp_path}/traces.db", tmp_path) as started:
        yield started


@pytest.fixture
async def traces_everywhere(database_url: str, tmp_path: Path) -> AsyncGenerator[Traces]:
    """The service on SQLite and on PostgreSQL in turn."""
    async with running(database_url, tmp_path) as started:
        yield started
