"""A process of its own on the event path: `python -m tests.support.event_process ROLE ...`.

    publish BUS_URL SUBJECT COUNT         publish so many events of a subject, one by one
    hold BUS_URL GROUP                    fetch one event, print `holding`, then hang
    consume DATABASE_URL BUS_URL PAUSE    handle events until it is killed, each in PAUSE seconds
    work DATABASE_URL BUS_URL SUBJECTS N  bring each subject N events further and relay and
                                          consume them, until nothing is left to do

`work` prints `ack SUBJECT STEP` after each commit. FAILPOINT names where it is to die.
"""

import asyncio
import os
import sys

from sqlalchemy.ext.asyncio import AsyncConnection

from shared import failpoints
from shared.db import Database
from shared.events import Envelope, EventBus, from_url
from tests.support.stations import TOPIC, Station, message, open_station, running, until

FLAKY_EACH = 3


async def publish(bus: EventBus, subject: str, count: str) -> None:
    for sequence in range(1, int(count) + 1):
        await bus.publish(TOPIC, [message(subject, sequence)])


async def hold(bus: EventBus, group: str) -> None:
    subscription = await bus.subscribe(group, [TOPIC])
    while not await subscription.fetch(1, 1.0):
        pass
    print("holding", flush=True)  # noqa: T201 - the parent waits for this line
    await asyncio.sleep(60)


async def consume(database_url: str, bus: EventBus, pause: str) -> None:
    station = await open_station(Database(database_url), create=False)

    async def handle(tx: AsyncConnection, envelope: Envelope) -> None:
        await station.handle(tx, envelope)
        await asyncio.sleep(float(pause))

    print("consuming", flush=True)  # noqa: T201 - the parent waits for this line
    await station.consumer(bus, handler=handle, attempts=100).run(asyncio.Event())


async def work(database_url: str, bus: EventBus, subjects: str, count: str) -> None:
    db = Database(database_url)
    station = await open_station(db, create=False)
    flaky: set[str] = set()

    async def handle(tx: AsyncConnection, envelope: Envelope) -> None:
        await station.handle(tx, envelope)
        if envelope.sequence % FLAKY_EACH == 0 and envelope.id not in flaky:
            flaky.add(envelope.id)
            raise ValueError("fails at the first attempt")

    consumer = station.consumer(bus, handler=handle, attempts=100)
    async with running(station.relay(bus).run, consumer.run):
        for _ in range(int(count)):
            for subject in subjects.split(","):
                step = await station.advance(subject)
                print(f"ack {subject} {step}\n", end="", flush=True)  # noqa: T201 - what must not be lost
        await until(lambda: _settled(station), seconds=30)
    await db.dispose()


async def _settled(station: Station) -> bool:
    return await station.waiting() == 0 and len(await station.seen()) >= await station.total()


async def main(role: str, *arguments: str) -> None:
    failpoints.arm(os.environ.get("FAILPOINT", ""))
    position = 1 if role in ("consume", "work") else 0
    bus = from_url(arguments[position])
    given = [*arguments[:position], bus, *arguments[position + 1 :]]
    roles = {"publish": publish, "hold": hold, "consume": consume, "work": work}
    await roles[role](*given)  # type: ignore[operator]
    await bus.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
