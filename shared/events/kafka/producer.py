"""Sends events: idempotent, acknowledged by all replicas in sync, in order per subject."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, RecordListTooLargeError
from aiokafka.partitioner import DefaultPartitioner

from shared.events.bus import Message
from shared.events.errors import BusUnavailable, reason_of
from shared.events.kafka.options import KafkaOptions
from shared.events.kafka.records import headers_of, moment_of
from shared.events.kafka.troubles import ended

_BATCH_ROOM = 30_000
_TOO_BIG = (MessageSizeTooLargeError, RecordListTooLargeError)
# Java's and every other client's: who reads with another client finds a subject in its place.
_place = DefaultPartitioner()


class TooBigForBroker(Exception):
    """The broker takes less than this process was told."""


class Producer:
    """One connection to publish by. After an error it is of no use: what it sent is not sure."""

    def __init__(self, options: KafkaOptions) -> None:
        self._limit = options.limit
        self._seconds = options.request_seconds
        self._client = AIOKafkaProducer(
            **options.connection,
            acks="all",
            enable_idempotence=True,
            max_batch_size=options.limit + _BATCH_ROOM,
            max_request_size=options.limit + _BATCH_ROOM,
        )

    async def start(self) -> None:
        """Connect, and get the producer id that makes repeated sending harmless."""
        try:
            async with asyncio.timeout(self._seconds):
                await self._client.start()
        except BaseException:
            await self.stop()
            raise

    async def publish(self, topic: str, messages: Sequence[Message]) -> None:
        """Send all, each partition's one batch after the other."""
        places = sorted(await self._client.partitions_for(topic))
        by_partition: dict[int, list[Message]] = defaultdict(list)
        for message in messages:
            place = _place(message.subject.encode(), places, places)
            by_partition[place].append(message)
        sending = [self._send(topic, place, part) for place, part in by_partition.items()]
        # All are awaited, also when one fails: nothing is under way any more when this returns.
        for outcome in await asyncio.gather(*sending, return_exceptions=True):
            if outcome is not None:
                raise outcome

    async def stop(self) -> None:
        """Let go of the connection."""
        await ended(self._client.stop, lambda: (self._client.client,))

    async def _send(self, topic: str, partition: int, messages: Sequence[Message]) -> None:
        """A batch that fails ends it: a later one must not overtake it."""
        for batch in self._batches(messages):
            try:
                await (await self._client.send_batch(batch, topic, partition=partition))
            except _TOO_BIG as error:
                raise TooBigForBroker(reason_of(error)) from error
            except KafkaError as error:
                raise BusUnavailable(f"{topic}/{partition}: {reason_of(error)}") from error

    def _batches(self, messages: Sequence[Message]) -> Iterator[object]:
        batch = self._client.create_batch()
        for message in messages:
            record = {
                "key": message.subject.encode(),
                "value": message.body,
                "timestamp": moment_of(message.id),
                "headers": headers_of(message),
            }
            if batch.append(**record) is None:
                yield batch
                batch = self._client.create_batch()
                batch.append(**record)
        yield batch
