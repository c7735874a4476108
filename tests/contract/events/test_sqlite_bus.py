from pathlib import Path

import pytest

from shared.events import EventBus, from_url
from shared.events.sqlite import SQLiteBus
from tests.support.event_bus_suite import EventBusSuite


class TestSQLiteBus(EventBusSuite):
    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path}/events.db"

    async def open_bus(self, url: str, limit: int | None = None) -> EventBus:
        if limit is None:
            return from_url(url)
        return SQLiteBus(Path(url.removeprefix("sqlite:///")), limit=limit)
