"""Growing delays, so that what is down is not hammered and comes back in peace."""

import asyncio
import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Delays that grow from `first` by `factor` up to `cap` seconds, spread by half each way."""

    first: float = 0.1
    factor: float = 2.0
    cap: float = 5.0

    def delay(self, failures: int) -> float:
        """Seconds to wait after so many failures in a row (from 1)."""
        # The exponent is bounded: a float overflows after a day of failures.
        grown = min(self.cap, self.first * self.factor ** min(failures - 1, 60))
        return grown * random.uniform(0.5, 1.5)  # noqa: S311 - spread, not secrecy


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait, but no longer than until the stop."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
