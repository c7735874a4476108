"""Consumers of one group come, go, die and fall asleep under load: no effect is lost or doubled."""

import asyncio
import random
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncGenerator

import pytest

from shared.db import Database
from shared.events import EventBus, from_url
from shared.ids import uuid7
from tests.support.stations import TOPIC, Station, message, open_station, until

SUBJECTS = [f"case-{n}" for n in range(24)]
SESSION_SECONDS = 2


@pytest.fixture
def bus_url(kafka_broker: str) -> str:
    asked = f"partitions=6&session_seconds={SESSION_SECONDS}"
    return f"kafka://{kafka_broker}/?prefix={uuid7()}.&{asked}"


@pytest.fixture
async def bus(bus_url: str) -> AsyncGenerator[EventBus]:
    bus = from_url(bus_url)
    yield bus
    await bus.close()


@pytest.fixture
async def station(database: Database) -> Station:
    return await open_station(database)


class Consumers:
    """Processes that consume for one group on one database."""

    def __init__(self, database_url: str, bus_url: str) -> None:
        self._urls = (database_url, bus_url)
        self._all: list[Process] = []

    async def start(self) -> Process:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tests.support.event_process", "consume", *self._urls, "0.01"),
            stdout=PIPE,
        )
        assert child.stdout is not None
        assert (await child.stdout.readline()).strip() == b"consuming"
        self._all.append(child)
        return child

    async def end(self) -> None:
        for child in self._all:
            if child.returncode is None:
                child.kill()
                await child.wait()


@pytest.fixture
async def consumers(database_url: str, bus_url: str) -> AsyncGenerator[Consumers]:
    consumers = Consumers(database_url, bus_url)
    yield consumers
    await consumers.end()


async def publish(bus: EventBus, first: int, last: int) -> None:
    for sequence in range(first, last + 1):
        await bus.publish(TOPIC, [message(subject, sequence) for subject in SUBJECTS])
        await asyncio.sleep(0.05)


async def assert_each_once_and_in_order(station: Station, last: int) -> None:
    total = len(SUBJECTS) * last

    async def all_there() -> bool:
        return len(await station.seen()) >= total

    await until(all_there, seconds=60)
    seen = await station.seen()
    assert [effect for effect, times in Counter(seen).items() if times > 1] == []
    for subject in SUBJECTS:
        assert [step for of, step in seen if of == subject] == list(range(1, last + 1))


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_group_that_changes_all_the_time_loses_and_doubles_nothing(
    bus: EventBus, station: Station, consumers: Consumers
) -> None:
    one, two = await consumers.start(), await consumers.start()
    publishing = asyncio.create_task(publish(bus, 1, 40))
    await asyncio.sleep(0.7)
    await consumers.start()
    one.kill()
    await asyncio.sleep(0.7)
    await consumers.start()
    two.send_signal(signal.SIGTERM)
    await publishing
    await assert_each_once_and_in_order(station, 40)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_consumer_that_slept_past_its_session_does_no_harm(
    bus: EventBus, station: Station, consumers: Consumers
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 - to see the same again
    chance = random.Random(seed)
    sleeper, _ = await consumers.start(), await consumers.start()
    publishing = asyncio.create_task(publish(bus, 1, 60))
    for _ in range(2):
        await asyncio.sleep(chance.uniform(0.3, 0.9))
        # Wherever it is: between two events, or in the middle of a transaction.
        sleeper.send_signal(signal.SIGSTOP)
        await asyncio.sleep(SESSION_SECONDS + 1.5)
        sleeper.send_signal(signal.SIGCONT)
    await publishing
    await assert_each_once_and_in_order(station, 60)
