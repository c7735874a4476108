"""A relay in a process of its own: `python -m tests.support.relay_process DATABASE_URL BUS_URL N`.

Before it publishes for the N-th time it stops itself as SIGSTOP does, and goes on at SIGCONT with
what it had read; 0: it never stops.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence

from shared.db import Database
from shared.events import EventBus, Message, from_url
from tests.support.stations import open_station
from tests.support.troubled_bus import TroubledBus


class StoppingBus(TroubledBus):
    """Stops the whole process before one of its publications."""

    def __init__(self, bus: EventBus, stop_at: int) -> None:
        super().__init__(bus)
        self._left = stop_at

    async def publish(self, topic: str, messages: Sequence[Message]) -> None:
        """Publish, perhaps much later."""
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGSTOP)
        await super().publish(topic, messages)


async def main(database_url: str, bus_url: str, stop_at: str) -> None:
    station = await open_station(Database(database_url), create=False)
    bus = StoppingBus(from_url(bus_url), int(stop_at))
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await station.relay(bus).run(stop)
    await bus.close()
    await station.db.dispose()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
