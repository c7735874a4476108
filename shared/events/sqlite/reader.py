"""Reads topics of the embedded log from given positions on, waking when something was appended."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from shared.changes import Changes
from shared.events.bus import Delivery
from shared.events.errors import BusUnavailable
from shared.events.sqlite.log import Writer, connect

FETCH_BYTES = 8_000_000
LAG_LIMIT = 100_000
_DUE = (
    "SELECT * FROM (SELECT position FROM log"
    " WHERE topic = ? AND position > ? ORDER BY position LIMIT ?)"
)
_FETCH = (
    "SELECT position, topic, envelope FROM log"
    " WHERE position IN (SELECT position FROM ({due}) ORDER BY position LIMIT ?) ORDER BY position"
)
_LAG = "SELECT count(*) FROM (SELECT 1 FROM log WHERE topic = ? AND position > ? LIMIT ?)"

T = TypeVar("T")


class Log(Protocol):
    """What a reader needs of the open log."""

    path: Path
    changes: Changes

    @property
    def writer(self) -> Writer: ...

    def head(self, topics: Sequence[str]) -> int: ...


class LogReader:
    """A connection and a place of its own in each topic."""

    def __init__(self, log: Log, topics: Sequence[str]) -> None:
        self._log = log
        self._topics = tuple(dict.fromkeys(topics))
        self._changed = log.changes.cursor()
        try:
            self._connection = connect(log.path)
        except sqlite3.Error as error:
            raise BusUnavailable(f"the event log {log.path}: {error}") from error
        self._in_use = threading.Lock()
        self._positions: dict[str, int] = {}
        self._more = False
        self._read_to = 0

    def begin(self, positions: Mapping[str, int]) -> None:
        """Go on after these positions; a topic without one is read from its earliest event."""
        self._positions = dict(positions)
        self._more = True

    async def next(self, limit: int) -> list[Delivery]:
        """The next events, none when there are no more for now."""
        head = self._log.head(self._topics)
        if not self._more and head <= self._read_to:
            return []
        rows, self._more = await self.query(lambda connection: self._read(connection, limit))
        self._read_to = max([head, *(row[0] for row in rows)] if not self._more else [0])
        self._positions.update({topic: position for position, topic, _ in rows})
        return [Delivery.read(topic, 0, position, raw) for position, topic, raw in rows]

    async def wait(self, seconds: float) -> None:
        """Wait until something was appended, by this process or another, or the time is up."""
        await self._changed.wait(seconds)

    async def count(self, after: Mapping[str, int] | None = None) -> dict[str, int]:
        """How many events of each topic come after these positions (None: after its own place)."""
        at = self._positions if after is None else after

        def counted(connection: sqlite3.Connection) -> dict[str, int]:
            count = connection.execute
            return {
                topic: count(_LAG, (topic, at.get(topic, 0), LAG_LIMIT)).fetchone()[0]
                for topic in self._topics
            }

        return await self.query(counted)

    async def query(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do `work` in a thread; BusUnavailable when the file cannot be read."""

        def guarded() -> T:
            with self._in_use:
                return work(self._connection)

        try:
            return await asyncio.to_thread(guarded)
        except sqlite3.Error as error:
            raise BusUnavailable(f"the event log {self._log.path}: {error}") from error

    async def close(self) -> None:
        """Let go of the file."""
        await asyncio.to_thread(self._disconnect)

    def _read(
        self, connection: sqlite3.Connection, limit: int
    ) -> tuple[list[tuple[int, str, bytes]], bool]:
        due = " UNION ALL ".join([_DUE] * len(self._topics))
        places = [v for t in self._topics for v in (t, self._positions.get(t, 0), limit)]
        rows: list[tuple[int, str, bytes]] = []
        size = 0
        for row in connection.execute(_FETCH.format(due=due), [*places, limit]):
            rows.append(row)
            size += len(row[2])
            if size > FETCH_BYTES:
                return rows, True
        return rows, len(rows) == limit

    def _disconnect(self) -> None:
        # A fetch that was given up may still be reading.
        with self._in_use:
            self._connection.close()
