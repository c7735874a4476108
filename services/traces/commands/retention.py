"""Old traces are forgotten, by age and by size, in small steps between which others write."""

import asyncio
from datetime import timedelta

from services.traces.store import Pruning
from shared.clock import now
from shared.db import Database

_STEP = 100  # traces of one transaction
_BREATH = 0.05
_BILLION = 1_000_000_000


class Retention:
    """How long traces are kept."""

    def __init__(self, db: Database, age: timedelta, size: int) -> None:
        """`size`: bytes of all spans; beyond it the oldest traces go before their time."""
        self._db = db
        self._age = age
        self._size = size

    @property
    def days(self) -> float:
        """Days that a trace is kept."""
        return self._age / timedelta(days=1)

    def earliest_ns(self) -> int:
        """What began before is not kept any more."""
        return int((now() - self._age).timestamp() * _BILLION)

    async def prune(self) -> int:
        """Forget what is too old or too much; say how many traces."""
        forgotten = 0
        while step := await self._step():
            forgotten += step
            await asyncio.sleep(_BREATH)
        return forgotten

    async def _step(self) -> int:
        async with self._db.write() as tx:
            pruning = Pruning(tx)
            return await pruning.older_than(self.earliest_ns(), _STEP) or await pruning.beyond(
                self._size, _STEP
            )
