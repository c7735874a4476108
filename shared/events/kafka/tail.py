"""A reader of recent events, for itself alone: in no group, with nothing committed."""

from collections.abc import Sequence
from datetime import datetime

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.events.bus import Delivery
from shared.events.kafka.options import KafkaOptions
from shared.events.kafka.reader import Reader
from shared.events.kafka.troubles import told


class KafkaTail:
    """Begins in each partition with the first event whose id is not older than a moment."""

    def __init__(self, options: KafkaOptions, topics: Sequence[str]) -> None:
        self._seconds = options.request_seconds
        names = [f"{options.prefix}{topic}" for topic in topics]
        client = AIOKafkaConsumer(*names, **Reader.settings(options))
        self._reader = Reader(options, topics, client)

    async def start(self, since: datetime) -> None:
        """Find the start: what is published from now on is in it."""
        reader, client = self._reader, self._reader.client
        await reader.start(2 * self._seconds)
        try:
            async with told("finding the start of a tail", self._seconds):
                ends = await client.end_offsets(reader.places())
                moment = int(since.timestamp() * 1000)
                found = await client.offsets_for_times(dict.fromkeys(ends, moment))
                for place, end in ends.items():
                    first = found.get(place)
                    client.seek(place, end if first is None else first.offset)
        except BaseException:
            await reader.stop()
            raise

    async def fetch(self, limit: int, seconds: float) -> list[Delivery]:
        """The next events; none when the time runs out."""
        return await self._reader.fetch(limit, seconds)

    async def lag(self) -> dict[str, int]:
        """How many events of each topic were not fetched yet."""
        ends = await self._reader.ends()
        return self._reader.by_topic(ends, await self._reader.ask(self._positions(list(ends))))

    async def close(self) -> None:
        """Let go of the connection."""
        await self._reader.stop()

    async def _positions(self, places: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        return {place: await self._reader.client.position(place) for place in places}
