"""What a group's consumer and a tail have in common: reading records, and knowing what waits."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.events.bus import Delivery
from shared.events.kafka.options import KafkaOptions
from shared.events.kafka.records import delivery_of
from shared.events.kafka.troubles import ended, told

SILENCE_SECONDS = 10.0
_FETCH_WAIT_MS = 500

T = TypeVar("T")


class Reader:
    """One client that reads topics of an installation."""

    def __init__(self, options: KafkaOptions, topics: Sequence[str], client: AIOKafkaConsumer):
        self._options = options
        self._topics = {f"{options.prefix}{topic}": topic for topic in topics}
        self._seconds = options.request_seconds
        self._heard_at = 0.0
        self._asked: set[asyncio.Task[Any]] = set()
        self.client = client

    @staticmethod
    def settings(options: KafkaOptions) -> dict[str, object]:
        """The arguments of every reading client."""
        return options.connection | {
            "enable_auto_commit": False,
            "auto_offset_reset": "earliest",
            "fetch_max_wait_ms": _FETCH_WAIT_MS,
            "max_partition_fetch_bytes": 2 * options.limit,
        }

    @property
    def names(self) -> list[str]:
        """The topics as the cluster knows them."""
        return list(self._topics)

    async def start(self, seconds: float) -> None:
        """Connect; BusUnavailable when that takes too long."""
        try:
            async with told(f"reading {', '.join(self._topics)}", seconds):
                await self.client.start()
        except BaseException:
            await self.stop()
            raise
        self._heard_at = asyncio.get_running_loop().time()

    async def fetch(self, limit: int, seconds: float) -> list[Delivery]:
        """The next records. When nothing was heard for long, the cluster is asked for a sign."""
        now = asyncio.get_running_loop().time
        async with told("reading events"):
            found = await self.client.getmany(timeout_ms=round(seconds * 1000), max_records=limit)
        deliveries = [
            delivery_of(self._topics[place.topic], record)
            for place, records in found.items()
            for record in records
        ]
        if deliveries:
            self._heard_at = now()
        elif now() - self._heard_at > SILENCE_SECONDS:
            await self.ends()
            self._heard_at = now()
        return deliveries

    def places(self) -> list[TopicPartition]:
        """Every partition of the topics."""
        return [
            TopicPartition(topic, number)
            for topic in self._topics
            for number in self.client.partitions_for_topic(topic) or ()
        ]

    async def ends(self) -> dict[TopicPartition, int]:
        """Where each partition's next record will lie."""
        return await self.ask(self.client.end_offsets(self.places()))

    async def ask(self, question: Coroutine[Any, Any, T]) -> T:
        """Put a question to the cluster, in its time and no longer than the reader is open."""
        asked = asyncio.create_task(question)
        self._asked.add(asked)
        try:
            async with told(f"asking about {', '.join(self._topics)}", self._seconds):
                await asyncio.wait({asked})
                if asked.cancelled():
                    raise TimeoutError("the reader was closed meanwhile")
                return await asked
        finally:
            asked.cancel()
            self._asked.discard(asked)

    def by_topic(
        self, ends: Mapping[TopicPartition, int], positions: Mapping[TopicPartition, int]
    ) -> dict[str, int]:
        """How many records lie between the positions and the ends."""
        waiting = dict.fromkeys(self._topics.values(), 0)
        for place, end in ends.items():
            waiting[self._topics[place.topic]] += max(0, end - positions[place])
        return waiting

    async def stop(self) -> None:
        """Leave the group and close; a cluster that is away does not hold it up for long."""
        for question in self._asked:
            question.cancel()
        await ended(self.client.stop, lambda: (self.client._fetcher, self.client._client))
