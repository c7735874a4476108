from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from shared.db import Database
from shared.events.sqlite import SQLiteBus
from tests.support.stations import Station, open_station


@pytest.fixture
async def station(database: Database) -> Station:
    return await open_station(database)


@pytest.fixture
async def bus(tmp_path: Path) -> AsyncGenerator[SQLiteBus]:
    bus = SQLiteBus(tmp_path / "events.db")
    yield bus
    await bus.close()
