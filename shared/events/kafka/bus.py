"""The event bus on Kafka."""

import asyncio
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Self

from shared.events.bus import Message
from shared.events.errors import EventRefused
from shared.events.kafka.options import KafkaOptions
from shared.events.kafka.producer import Producer, TooBigForBroker
from shared.events.kafka.subscription import KafkaSubscription
from shared.events.kafka.tail import KafkaTail
from shared.events.kafka.topics import Topics
from shared.events.kafka.troubles import told

_GROUP = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class KafkaBus:
    """Topic `tongban.<service>`, key = subject: the broker keeps the order of a subject."""

    def __init__(self, options: KafkaOptions) -> None:
        self._options = options
        self._topics = Topics(options)
        self._producer: Producer | None = None
        self._opening = asyncio.Lock()
        self._closing: set[asyncio.Task[None]] = set()

    @classmethod
    def from_url(cls, url: str) -> Self:
        """The bus of `kafka://HOST:PORT[,HOST:PORT]/?option=…`."""
        return cls(KafkaOptions.parse(url))

    async def publish(self, topic: str, messages: Sequence[Message]) -> None:
        """Send all, in order per subject, and await every acknowledgement."""
        limit = self._options.limit
        too_big = {
            m.id: f"has {len(m.body)} bytes, more than the bus takes ({limit})"
            for m in messages
            if len(m.body) > limit
        }
        if too_big:
            raise EventRefused(too_big)
        name = f"{self._options.prefix}{topic}"
        await self._topics.ensure([name])
        await self._publish(name, messages)

    async def subscribe(self, group: str, topics: Sequence[str]) -> KafkaSubscription:
        """Join the group, which shares out the partitions among its consumers."""
        if not _GROUP.fullmatch(group):
            raise ValueError(f"a consumer group is letters, digits and . _ -, not {group!r}")
        if not topics:
            raise ValueError("a subscription needs a topic")
        await self._ensure(topics)
        subscription = KafkaSubscription(self._options, group, topics)
        await subscription.start()
        return subscription

    async def tail(self, topics: Sequence[str], since: datetime) -> KafkaTail:
        """Read what was told since a moment, by the time in the events' ids."""
        if not topics:
            raise ValueError("a tail needs a topic")
        await self._ensure(topics)
        tail = KafkaTail(self._options, topics)
        await tail.start(since)
        return tail

    async def close(self) -> None:
        """Let go of the connection to publish by; readers are closed by those who opened them."""
        if self._producer is not None:
            self._discard(self._producer)
        await asyncio.gather(*self._closing)

    async def _publish(self, name: str, messages: Sequence[Message]) -> None:
        producer = await self._open()
        try:
            async with told(f"publishing to {name}", 2 * self._options.request_seconds):
                await producer.publish(name, messages)
        except TooBigForBroker as error:
            self._discard(producer)
            if len(messages) == 1:
                raise EventRefused({messages[0].id: str(error)}) from error
            half = len(messages) // 2
            await self._publish(name, messages[:half])
            await self._publish(name, messages[half:])
        except BaseException:
            # Its numbering may have a hole now. A new one begins anew; what comes twice is known
            # to the consumers' inboxes.
            self._discard(producer)
            raise

    async def _ensure(self, topics: Sequence[str]) -> None:
        await self._topics.ensure([f"{self._options.prefix}{topic}" for topic in topics])

    async def _open(self) -> Producer:
        async with self._opening:
            if self._producer is None:
                producer = Producer(self._options)
                async with told("reaching the broker"):
                    await producer.start()
                self._producer = producer
            return self._producer

    def _discard(self, producer: Producer) -> None:
        if self._producer is producer:
            self._producer = None
        task = asyncio.create_task(producer.stop())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
