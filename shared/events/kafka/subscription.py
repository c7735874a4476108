"""A consumer of a group: the partitions are shared out among the group's consumers."""

import asyncio
import logging
from collections.abc import Collection, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import CommitFailedError, IllegalStateError

from shared.events.bus import Delivery
from shared.events.kafka.options import KafkaOptions
from shared.events.kafka.reader import Reader
from shared.events.kafka.troubles import told

# How soon a consumer hears that another has come or gone, too.
_HEARTBEAT_SECONDS = 0.6
# A handler may take half a minute before it counts as failed: until then its partitions stay.
_REBALANCE_SECONDS, _PATIENCE = 60.0, 45.0
_log = logging.getLogger(__name__)


class KafkaSubscription:
    """Offsets are committed after the handling, and only for partitions that are still its own."""

    def __init__(self, options: KafkaOptions, group: str, topics: Sequence[str]) -> None:
        self._prefix = options.prefix
        self._seconds = options.request_seconds
        self._joining = options.session_seconds + _REBALANCE_SECONDS
        client = AIOKafkaConsumer(
            **Reader.settings(options),
            group_id=f"{options.prefix}{group}",
            session_timeout_ms=round(options.session_seconds * 1000),
            heartbeat_interval_ms=round(_HEARTBEAT_SECONDS * 1000),
            rebalance_timeout_ms=round(_REBALANCE_SECONDS * 1000),
        )
        self._reader = Reader(options, topics, client)
        self._hand = _Hand()
        client.subscribe(self._reader.names, listener=self._hand)

    async def start(self) -> None:
        """Join the group."""
        await self._reader.start(self._joining)

    async def fetch(self, limit: int, seconds: float) -> list[Delivery]:
        """The next events of its partitions; none when the time runs out."""
        self._hand.put_down()
        deliveries = await self._reader.fetch(limit, seconds)
        self._hand.take(deliveries)
        return deliveries

    async def commit(self, deliveries: Sequence[Delivery]) -> None:
        """Move the group's offsets. What was handed to another meanwhile is his to commit."""
        try:
            if not self._hand.own:
                _log.info("partitions were given to another consumer: their offsets stay")
                return
            ends: dict[TopicPartition, int] = {}
            for delivery in deliveries:
                place = TopicPartition(f"{self._prefix}{delivery.topic}", delivery.partition)
                ends[place] = delivery.position + 1
            if ends:
                async with told("committing offsets", self._seconds):
                    await self._commit(ends)
        finally:
            self._hand.put_down()

    async def lag(self) -> dict[str, int]:
        """How many events of each topic wait for the whole group."""
        ends = await self._reader.ends()
        return self._reader.by_topic(ends, await self._reader.ask(self._positions(list(ends))))

    async def close(self) -> None:
        """Leave the group: its other consumers take over at once."""
        self._hand.put_down()
        await self._reader.stop()

    async def _positions(self, places: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        client = self._reader.client
        committed = await asyncio.gather(*(client.committed(place) for place in places))
        known = dict(zip(places, committed, strict=True))
        new = [place for place, position in known.items() if position is None]
        first: dict[TopicPartition, int] = await client.beginning_offsets(new)
        return known | first

    async def _commit(self, ends: dict[TopicPartition, int]) -> None:
        try:
            await self._reader.client.commit(ends)
        except (CommitFailedError, IllegalStateError) as error:
            # The group has moved on while this one was away. Whoever has the partitions now
            # gets these events again, and his inbox knows them.
            _log.warning("offsets were not committed: %s", error)


class _Hand(ConsumerRebalanceListener):  # type: ignore[misc]
    """What was fetched and is not committed yet; partitions are given away once it is empty."""

    def __init__(self) -> None:
        self._empty = asyncio.Event()
        self._empty.set()
        self.own = True

    def take(self, deliveries: Collection[Delivery]) -> None:
        """These are being handled."""
        self.own = True
        if deliveries:
            self._empty.clear()

    def put_down(self) -> None:
        """Nothing is being handled."""
        self._empty.set()

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Let the handling be finished and committed first, for a while."""
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._empty.wait()
        except TimeoutError:
            _log.warning(
                "%d partitions are given away before their events are handled", len(revoked)
            )
        self.own = self._empty.is_set()

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Fetching begins at what is committed."""
