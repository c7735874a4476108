"""A reader of the embedded log's recent events, for itself alone."""

import asyncio
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Self

from shared.events.bus import Delivery
from shared.events.sqlite.reader import Log, LogReader
from shared.ids import uuid7_from

# The ids are UUIDv7, so their index is one of time. Events may have come to the log in another
# order than their ids', so the earliest position counts; `+` keeps SQLite from finding it by
# going through the whole log in the order of the positions.
START = (
    "SELECT coalesce((SELECT min(+position) - 1 FROM log WHERE event_id >= ?),"
    " (SELECT max(position) FROM log), 0)"
)


class SQLiteTail:
    """Begins with the earliest event whose id is not older than a moment."""

    def __init__(self, log: Log, topics: Sequence[str]) -> None:
        self._topics = topics
        self._reader = LogReader(log, topics)

    @classmethod
    async def open(cls, log: Log, topics: Sequence[str], since: datetime) -> Self:
        """A tail that has found its start: what is published from now on is in it."""
        tail = cls(log, topics)
        try:
            await tail._begin(since)
        except BaseException:
            await tail.close()
            raise
        return tail

    async def fetch(self, limit: int, seconds: float) -> list[Delivery]:
        """The next events; none when the time runs out."""
        now = asyncio.get_running_loop().time
        until = now() + seconds
        while not (deliveries := await self._reader.next(limit)):
            left = until - now()
            if left <= 0:
                return []
            await self._reader.wait(left)
        return deliveries

    async def lag(self) -> dict[str, int]:
        """How many events of each topic were not fetched yet, counted to 100,000."""
        return await self._reader.count()

    async def close(self) -> None:
        """Let go of the file."""
        await self._reader.close()

    async def _begin(self, since: datetime) -> None:
        def start(connection: sqlite3.Connection) -> int:
            position: int = connection.execute(START, (uuid7_from(since),)).fetchone()[0]
            return position

        position = await self._reader.query(start)
        self._reader.begin(dict.fromkeys(self._topics, position))
