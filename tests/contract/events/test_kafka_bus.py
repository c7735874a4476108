from dataclasses import replace

import pytest

from shared.events import EventBus, from_url
from shared.events.kafka import KafkaBus, KafkaOptions
from shared.ids import uuid7
from tests.support.event_bus_suite import EventBusSuite


class TestKafkaBus(EventBusSuite):
    @pytest.fixture
    def url(self, kafka_broker: str) -> str:
        # A prefix of its own is what an empty log is on a broker that all tests share.
        return f"kafka://{kafka_broker}/?prefix={uuid7()}.&partitions=3&session_seconds=2"

    async def open_bus(self, url: str, limit: int | None = None) -> EventBus:
        if limit is None:
            return from_url(url)
        return KafkaBus(replace(KafkaOptions.parse(url), limit=limit))
