from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from shared.db import Database
from shared.events import EventBus, from_url
from shared.ids import uuid7
from tests.support.stations import Station, open_station


@pytest.fixture
async def station(database: Database) -> Station:
    return await open_station(database)


@pytest.fixture
def bus_url(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> str:
    """An empty bus of the kind that goes with the database: onebox's, or the stack's."""
    if database.dialect == "sqlite":
        return f"sqlite:///{tmp_path}/events.db"
    broker: str = request.getfixturevalue("kafka_broker")
    return f"kafka://{broker}/?prefix={uuid7()}.&partitions=3&session_seconds=2"


@pytest.fixture
async def bus(bus_url: str) -> AsyncGenerator[EventBus]:
    bus = from_url(bus_url)
    yield bus
    await bus.close()
