from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from shared.db import Database
from shared.events.sqlite import SQLiteBus
from tests.support.operated import Operated, operated
from tests.support.stations import open_station


@pytest.fixture
async def bus(tmp_path: Path) -> AsyncGenerator[SQLiteBus]:
    bus = SQLiteBus(tmp_path / "events.db")
    yield bus
    await bus.close()


@pytest.fixture
async def service(database: Database, bus: SQLiteBus) -> AsyncGenerator[Operated]:
    """The operators' API on each kind of database."""
    async with operated(await open_station(database), bus) as started:
        yield started
