"""Two relays of one service on PostgreSQL: one leads, and nothing is lost when it is taken away."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic

import pytest
from sqlalchemy import text

from shared.db import Database
from shared.events import EventBus, Leadership, from_url
from shared.events.leadership import SILENCE_SECONDS
from shared.ids import uuid7
from tests.support.stations import TOPIC, Station, open_station, running, until

STEPS = 12
_END_THE_LOCK = text(
    "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND "
    "database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


@pytest.fixture(params=["postgresql"])
def database_url(request: pytest.FixtureRequest, database_url: str) -> str:
    """PostgreSQL only: on SQLite the lock ends with the process, and one cannot take it away."""
    return database_url


@pytest.fixture
async def station(database: Database) -> Station:
    return await open_station(database)


@pytest.fixture
def bus_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The embedded log; for a test that says so the broker, which stores twice what comes twice."""
    if getattr(request, "param", "") != "kafka":
        return f"sqlite:///{tmp_path}/events.db"
    broker: str = request.getfixturevalue("kafka_broker")
    return f"kafka://{broker}/?prefix={uuid7()}.&partitions=3&session_seconds=6"


@pytest.fixture
async def bus(bus_url: str) -> AsyncGenerator[EventBus]:
    made = from_url(bus_url)
    yield made
    await made.close()


Start = Callable[..., Awaitable[asyncio.subprocess.Process]]


@pytest.fixture
async def start(database_url: str, bus_url: str, station: Station) -> AsyncGenerator[Start]:
    started: list[asyncio.subprocess.Process] = []

    async def one(stop_at: int = 0) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.support.relay_process"),
            *(database_url, bus_url, str(stop_at)),
        )
        started.append(process)
        return process

    yield one
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def leader(database: Database) -> int | None:
    """The process that leads."""
    told = await Leadership(database, "relay").leader()
    return None if told is None else int(told.rpartition("/")[2])


async def until_led_by(database: Database, *pids: int, seconds: float = 60) -> int:
    async with asyncio.timeout(seconds):
        while (found := await leader(database)) not in pids:  # noqa: ASYNC110 - it lies in a database
            await asyncio.sleep(0.05)
    assert found is not None
    return found


async def emptied(station: Station) -> None:
    async def empty() -> bool:
        return await station.waiting() == 0

    await until(empty, 60)


async def published(bus: EventBus) -> list[tuple[str, int]]:
    subscription = await bus.subscribe("check", [TOPIC])
    got: list[tuple[str, int]] = []
    while batch := await subscription.fetch(500, 0.5):
        got += [(d.envelope.subject, d.envelope.sequence) for d in batch if d.envelope]
    await subscription.close()
    return got


@asynccontextmanager
async def consumed(station: Station, bus: EventBus) -> AsyncGenerator[None]:
    """Every step has its effect once and in its order when the block has ended."""
    async with running(station.consumer(bus).run):
        yield

        async def all_done() -> bool:
            return len(await station.seen()) >= await station.total()

        await until(all_done, 60)
        await asyncio.sleep(0.5)
    for subject in ("a", "b"):
        steps = [step for _, step in await station.seen(subject)]
        assert steps == list(range(1, len(steps) + 1))
    assert len(await station.seen()) == await station.total()


async def test_of_two_processes_one_relays_and_each_event_leaves_once(
    station: Station, bus: EventBus, start: Start
) -> None:
    pids = [(await start()).pid for _ in range(2)]
    first = await until_led_by(station.db, *pids)
    for _ in range(STEPS):
        await station.advance("a")
        await station.advance("b")
        assert await leader(station.db) == first
    await emptied(station)
    got = await published(bus)
    assert sorted(got) == sorted((s, n) for s in "ab" for n in range(1, STEPS + 1))
    for subject in "ab":
        assert [n for s, n in got if s == subject] == list(range(1, STEPS + 1))


async def test_a_leader_that_is_killed_is_followed_at_once(
    station: Station, bus: EventBus, start: Start
) -> None:
    processes = {one.pid: one for one in [await start(), await start()]}
    async with consumed(station, bus):
        first = await until_led_by(station.db, *processes)
        await station.advance("a")
        processes.pop(first).kill()
        began = monotonic()
        await until_led_by(station.db, *processes)
        assert monotonic() - began < SILENCE_SECONDS
        await station.advance("a")
        await emptied(station)


async def test_a_leader_whose_backend_is_ended_stops_or_leads_anew(
    station: Station, bus: EventBus, start: Start
) -> None:
    pids = [(await start()).pid for _ in range(2)]
    async with consumed(station, bus):
        for _ in range(4):
            await until_led_by(station.db, *pids)
            await station.advance("a")
            async with station.db.write() as tx:
                assert await tx.scalar(_END_THE_LOCK)
            await station.advance("b")
            await emptied(station)
        await until_led_by(station.db, *pids)


@pytest.mark.parametrize("bus_url", ["kafka"], indirect=True)
async def test_a_leader_that_hangs_is_followed_and_does_no_harm_when_it_wakes_up(
    station: Station, bus: EventBus, start: Start
) -> None:
    """It hangs at the worst place: what it has read is not published, and it was leader then."""
    zombie = await start(stop_at=3)
    await until_led_by(station.db, zombie.pid)
    other = await start()
    async with consumed(station, bus):
        for _ in range(STEPS):
            await station.advance("a")
            await station.advance("b")
            await asyncio.sleep(0.05)
        began = monotonic()
        await until_led_by(station.db, other.pid, seconds=4 * SILENCE_SECONDS)
        assert monotonic() - began < 2 * SILENCE_SECONDS
        await emptied(station)
        os.kill(zombie.pid, signal.SIGCONT)
        for _ in range(STEPS):
            await station.advance("a")
            await asyncio.sleep(0.05)
        await emptied(station)
        assert await leader(station.db) == other.pid
    got = await published(bus)
    assert len(got) > len(set(got)), "the zombie published nothing, so nothing was tried"
