"""From a commit to the consumer's effect, on onebox's pair and on the stack's.

`python -m tests.benchmarks.bench_relay`. Two questions, each asked of both pairs in turn, twice:
how long an event takes while 200 a second are made, and what relaying costs those who write flat
out (writes a second with the relay and a consumer at work, as a share of those without).
"""

import asyncio
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from deploy.stack.kafka import Broker
from shared.db import Database
from shared.events import Envelope, EventBus, from_url
from shared.ids import uuid7
from tests.support import postgres
from tests.support.stations import Station, open_station, running, until

RATE, COUNT = 200, 1_000
WRITERS, WRITES = 8, 1_500
Pair = Callable[[], Awaitable[tuple[str, str]]]


@asynccontextmanager
async def station_on(database_url: str, bus_url: str) -> AsyncGenerator[tuple[Station, EventBus]]:
    db, bus = Database(database_url), from_url(bus_url)
    try:
        yield await open_station(db), bus
    finally:
        await bus.close()
        await db.dispose()


async def latency(station: Station, bus: EventBus) -> tuple[float, float]:
    """Milliseconds from the commit to the effect's own commit being under way: p50 and p99."""
    begun: dict[tuple[str, int], float] = {}
    taken: list[float] = []

    async def handle(_tx: AsyncConnection, envelope: Envelope) -> None:
        if (started := begun.get((envelope.subject, envelope.sequence))) is not None:
            taken.append((perf_counter() - started) * 1000)

    async def one(subject: str) -> None:
        step = await station.advance(subject)
        begun[subject, step] = perf_counter()

    async def all_taken() -> bool:
        return len(taken) >= len(begun)

    consumer = station.consumer(bus, f"latency.{uuid7()}", handler=handle)
    async with running(station.relay(bus).run, consumer.run):
        await asyncio.sleep(3)
        making = []
        for n in range(COUNT):
            making.append(asyncio.create_task(one(f"{uuid7()[-4:]}-{n % 50}")))
            await asyncio.sleep(1 / RATE)
        await asyncio.gather(*making)
        await until(all_taken, seconds=60)
    taken.sort()
    return taken[len(taken) // 2], taken[len(taken) * 99 // 100]


async def flat_out(station: Station) -> float:
    """Commits a second of several writers that do not wait for anything else."""

    async def writer(name: str) -> None:
        for _ in range(WRITES // WRITERS):
            await station.advance(name)

    begun = perf_counter()
    await asyncio.gather(*(writer(f"w{n}-{uuid7()}") for n in range(WRITERS)))
    return WRITES / (perf_counter() - begun)


async def share_of_writes(station: Station, bus: EventBus) -> tuple[float, float, float]:
    """Writes a second without and with the relay, and events relayed a second afterwards."""
    alone = await flat_out(station)
    waiting = await station.waiting()
    begun = perf_counter()
    relay, consumer = station.relay(bus), station.consumer(bus, f"share.{uuid7()}")

    async def empty() -> bool:
        return await station.waiting() == 0

    async with running(relay.run, consumer.run):
        await until(empty, seconds=120)
        relayed = waiting / (perf_counter() - begun)
        together = await flat_out(station)
    return alone, together, relayed


async def ask(name: str, urls: Pair) -> None:
    database_url, bus_url = await urls()
    async with station_on(database_url, bus_url) as (station, bus):
        p50, p99 = await latency(station, bus)
        alone, together, relayed = await share_of_writes(station, bus)
    sys.stdout.write(
        f"{name:20} commit to effect at {RATE}/s: p50 {p50:6.1f} ms, p99 {p99:6.1f} ms | "
        f"writes {alone:6,.0f}/s, relay and consumer at work {together:6,.0f}/s "
        f"(x {together / alone:.2f}) | relayed {relayed:6,.0f}/s (x {relayed / alone:.1f})\n"
    )


async def main() -> None:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        cluster = stack.enter_context(postgres.cluster())
        await postgres.add_tester(cluster)
        server = cluster.url(postgres.TESTER, postgres.PASSWORD, "").rstrip("/")
        broker = Broker(folder / "kafka")
        await asyncio.to_thread(broker.start)
        stack.callback(broker.stop)

        async def onebox() -> tuple[str, str]:
            place = folder / uuid7()
            place.mkdir()
            return f"sqlite:///{place}/service.db", f"sqlite:///{place}/events.db"

        async def real() -> tuple[str, str]:
            name = f"bench_{uuid7().replace('-', '')}"
            connection = await asyncpg.connect(f"{server}/{postgres.TESTER}")
            await connection.execute(f'CREATE DATABASE "{name}"')
            await connection.close()
            bus_url = f"kafka://{broker.bootstrap}/?prefix={name}.&session_seconds=6"
            return f"{server}/{name}", bus_url

        for _ in range(2):
            await ask("SQLite and its log", onebox)
            await ask("PostgreSQL and Kafka", real)


if __name__ == "__main__":
    asyncio.run(main())
