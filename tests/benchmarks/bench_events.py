"""How fast the event path is here: `python -m tests.benchmarks.bench_events`.

Figures of one run compare with each other; the machine's disk decides the rest.
"""

import asyncio
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

from shared.db import Database
from shared.events import Envelope
from shared.events.sqlite import SQLiteBus
from tests.support.stations import TOPIC, Station, envelope, message, open_station, running, until

EVENTS = 5_000


async def measure(name: str, count: int, work: Callable[[], Awaitable[object]]) -> None:
    wall, cpu = perf_counter(), process_time()
    await work()
    wall, cpu = perf_counter() - wall, process_time() - cpu
    sys.stdout.write(f"{name:44} {count / wall:9,.0f}/s {cpu / count * 1e6:7,.0f} us CPU each\n")


@asynccontextmanager
async def opened(folder: str) -> AsyncGenerator[tuple[Station, SQLiteBus]]:
    db = Database(f"sqlite:///{folder}/service.db")
    bus = SQLiteBus(Path(folder, "events.db"))
    try:
        yield await open_station(db), bus
    finally:
        await bus.close()
        await db.dispose()


async def reach(station: Station, count: int, pause: float) -> None:
    """Wait until the handler has run so often."""
    while len(station.tried) < count:  # noqa: ASYNC110 - an Event in the handler would cost time
        await asyncio.sleep(pause)


async def empty(station: Station) -> bool:
    return await station.waiting() == 0


async def publish(bus: SQLiteBus) -> None:
    async def one_by_one() -> None:
        for n in range(1, 301):
            await bus.publish(TOPIC, [message("single", n)])

    async def together() -> None:
        await asyncio.gather(*(bus.publish(TOPIC, [message(f"many{n}", 1)]) for n in range(EVENTS)))

    async def batches() -> None:
        for start in range(1, EVENTS + 1, 100):
            batch = [message("batch", n) for n in range(start, start + 100)]
            await bus.publish(TOPIC, batch)

    await measure("publish one by one", 300, one_by_one)
    await measure("publish by concurrent publishers", EVENTS, together)
    await measure("publish in batches of 100", EVENTS, batches)


async def consume(station: Station, bus: SQLiteBus, count: int) -> None:
    async def everything() -> None:
        async with running(station.consumer(bus).run):
            await reach(station, count, 0.01)

    await measure("consume with inbox and effect", count, everything)


async def relay(station: Station, bus: SQLiteBus) -> None:
    for start in range(1, EVENTS + 1, 100):
        await station.add("relayed", *range(start, start + 100))

    async def everything() -> None:
        async with running(station.relay(bus).run):
            await until(lambda: empty(station))

    await measure("relay a full outbox", EVENTS, everything)


async def latency(station: Station, bus: SQLiteBus) -> None:
    taken: list[float] = []
    async with running(station.relay(bus).run, station.consumer(bus, "quick").run):
        await asyncio.sleep(2)
        for step in range(1, 101):
            before, begun = len(station.tried), perf_counter()
            await station.add("slow", step)
            await reach(station, before + 1, 0.0005)
            taken.append((perf_counter() - begun) * 1000)
    taken.sort()
    sys.stdout.write(f"add to effect (ms): p50 {taken[49]:.1f}, p99 {taken[98]:.1f}\n")


async def codec() -> None:
    made = envelope("a", 1)
    raw = made.encode()

    async def encode() -> None:
        for _ in range(20_000):
            made.encode()

    async def parse() -> None:
        for _ in range(20_000):
            Envelope.parse(raw)

    await measure("encode an envelope", 20_000, encode)
    await measure("parse an envelope", 20_000, parse)


async def main() -> None:
    await codec()
    with TemporaryDirectory() as folder:
        async with opened(folder) as (station, bus):
            await publish(bus)
            await consume(station, bus, 2 * EVENTS + 300)
    with TemporaryDirectory() as folder:
        async with opened(folder) as (station, bus):
            await relay(station, bus)
            station.tried.clear()
            async with running(station.consumer(bus, "quick").run):
                await reach(station, EVENTS, 0.05)
            await latency(station, bus)


if __name__ == "__main__":
    asyncio.run(main())
