"""The broker stops, dies or falls silent while events are made: they wait, and then go in order."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import suppress

import pytest

from deploy.stack.kafka import Broker
from shared.db import Database
from shared.events import EventBus, from_url
from tests.support.kafka import folder, require_kafka
from tests.support.kafka import running as broker_running
from tests.support.stations import Station, open_station, running, until

SUBJECTS = [f"case-{n}" for n in range(8)]


@pytest.fixture(scope="module")
def broker() -> Iterator[Broker]:
    """One that nobody else needs."""
    require_kafka()
    with folder() as place:
        broker = Broker(place)
        with broker_running(broker):
            yield broker


@pytest.fixture
async def bus(broker: Broker, request: pytest.FixtureRequest) -> AsyncGenerator[EventBus]:
    trouble = request.node.callspec.params["trouble"]
    asked = "partitions=4&session_seconds=2&request_seconds=2"
    bus = from_url(f"kafka://{broker.bootstrap}/?prefix={trouble}.&{asked}")
    yield bus
    await bus.close()


def _pause(broker: Broker) -> None:
    """It is connected, and does not answer."""
    os.kill(broker.pid, signal.SIGSTOP)


def _resume(broker: Broker) -> None:
    os.kill(broker.pid, signal.SIGCONT)


TROUBLES: dict[str, tuple[Callable[[Broker], None], Callable[[Broker], None]]] = {
    "stopped": (Broker.stop, Broker.start),
    "killed": (Broker.kill, Broker.start),
    "silent": (_pause, _resume),
}


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_events_wait_for_the_broker_and_then_go_in_order(
    broker: Broker, bus: EventBus, database: Database, trouble: str
) -> None:
    station = await open_station(database)
    away, back = TROUBLES[trouble]
    relay, consumer = station.relay(bus), station.consumer(bus)
    async with running(relay.run, consumer.run):
        await make(station, 5)
        await until(lambda: handled(station, 5), seconds=20)
        making = asyncio.create_task(make(station, 30, pause=0.05))
        await asyncio.to_thread(away, broker)
        # Whoever makes events notices nothing.
        async with asyncio.timeout(60):
            await making
        assert await station.waiting() > 0
        assert (await relay.state()).oldest.total_seconds() > 0
        await asyncio.to_thread(back, broker)
        await until(lambda: handled(station, 35), seconds=60)
    for subject in SUBJECTS:
        assert await station.seen(subject) == [(subject, n) for n in range(1, 36)]
    assert await station.waiting() == 0


async def make(station: Station, rounds: int, pause: float = 0) -> None:
    for _ in range(rounds):
        for subject in SUBJECTS:
            await station.advance(subject)
        await asyncio.sleep(pause)


async def handled(station: Station, rounds: int) -> bool:
    with suppress(OSError):
        return len(await station.seen()) >= rounds * len(SUBJECTS)
    return False
