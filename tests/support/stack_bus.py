"""What lies on a stack's broker, read by a client in no group; and putting more there."""

import asyncio
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from shared.events import Envelope, Message, from_url

Places = dict[TopicPartition, int]
_READ_SECONDS = 60
_TAKE_SECONDS = 120


def ends(bootstrap: str, *topics: str) -> Places:
    """Where the next event of each partition will lie."""
    return asyncio.run(_ends(bootstrap, topics))


def events_since(bootstrap: str, begin: Places) -> list[Envelope]:
    """Every event that was published since, repeated ones too; those of a subject in order."""
    return asyncio.run(_events_since(bootstrap, begin))


def publish(bootstrap: str, events: Sequence[Envelope]) -> None:
    """Publish them in their order, as a relay would that has forgotten what it did."""
    asyncio.run(_publish(bootstrap, events))


def wait_taken(bootstrap: str, groups: Sequence[str]) -> None:
    """Wait until these groups have handled all that was published so far."""
    asyncio.run(_wait_taken(bootstrap, groups))


@asynccontextmanager
async def _reader(bootstrap: str, topics: Collection[str]) -> AsyncGenerator[AIOKafkaConsumer]:
    reader = AIOKafkaConsumer(*topics, bootstrap_servers=bootstrap, enable_auto_commit=False)
    await reader.start()
    try:
        yield reader
    finally:
        await reader.stop()


async def _ends(bootstrap: str, topics: Collection[str]) -> Places:
    async with _reader(bootstrap, topics) as reader:
        found: Places = await reader.end_offsets(list(reader.assignment()))
    assert {place.topic for place in found} == set(topics)
    return found


async def _events_since(bootstrap: str, begin: Places) -> list[Envelope]:
    found: list[Envelope] = []
    topics = sorted({place.topic for place in begin})
    async with _reader(bootstrap, topics) as reader, asyncio.timeout(_READ_SECONDS):
        finish = await reader.end_offsets(list(begin))
        for place, offset in begin.items():
            reader.seek(place, offset)
        while any([await reader.position(place) < end for place, end in finish.items()]):
            for records in (await reader.getmany(timeout_ms=500)).values():
                found += [Envelope.parse(one.value) for one in records]
    return found


async def _publish(bootstrap: str, events: Sequence[Envelope]) -> None:
    bus = from_url(f"kafka://{bootstrap}")
    try:
        for one in events:
            await bus.publish(one.topic, [Message.of(one)])
    finally:
        await bus.close()


async def _wait_taken(bootstrap: str, groups: Sequence[str]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        async with asyncio.timeout(_TAKE_SECONDS):
            for group in groups:
                finish: Places | None = None
                while True:
                    known = await admin.list_consumer_group_offsets(group)
                    finish = finish or await _ends(bootstrap, {place.topic for place in known})
                    # A partition in which nothing was ever published has no offset.
                    if all(known[p].offset >= end for p, end in finish.items() if p in known):
                        break
                    await asyncio.sleep(0.2)
    finally:
        await admin.close()
