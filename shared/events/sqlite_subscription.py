"""A consumer of the embedded log: one of a group reads, the others stand by for its death."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from shared.changes import Changes
from shared.events.bus import Delivery
from shared.events.errors import BusUnavailable
from shared.events.leadership import FileLock
from shared.events.sqlite_log import Writer, connect

STANDBY_SECONDS = 0.2
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
    """What a subscription needs of the open log."""

    path: Path
    changes: Changes

    @property
    def writer(self) -> Writer: ...

    def head(self, topics: Sequence[str]) -> int: ...


class SQLiteSubscription:
    """One consumer of a group; the group's lock file says which of them reads."""

    def __init__(self, log: Log, group: str, topics: Sequence[str]) -> None:
        self._log = log
        self._group = group
        self._topics = tuple(dict.fromkeys(topics))
        self._lock = FileLock(log.path.with_name(f"{log.path.name}.{group}.lock"))
        self._changed = log.changes.cursor()
        self._connection = connect(log.path)
        self._in_use = threading.Lock()
        self._positions: dict[str, int] = {}
        self._active = False
        self._more = False
        self._read_to = 0

    async def fetch(self, limit: int, seconds: float) -> list[Delivery]:
        """The next events; none when the time runs out or another consumer reads."""
        now = asyncio.get_running_loop().time
        until = now() + seconds
        while True:
            if await self._reads() and (deliveries := await self._next(limit)):
                return deliveries
            left = until - now()
            if left <= 0:
                return []
            await self._changed.wait(left if self._active else min(left, STANDBY_SECONDS))

    async def commit(self, deliveries: Sequence[Delivery]) -> None:
        """Move the group's offsets; stored with the log's next commit, within a moment."""
        if self._active:
            self._log.writer.move(self._group, {d.topic: d.position for d in deliveries})

    async def lag(self) -> dict[str, int]:
        """How many events of each topic wait for the group, counted to 100,000."""
        return await self._in_thread(self._count)

    async def close(self) -> None:
        """Store the offsets and let another consumer read."""
        try:
            if self._active:
                self._active = False
                await self._log.writer.flush()
        finally:
            await self._lock.leave()
            await asyncio.to_thread(self._disconnect)

    async def _reads(self) -> bool:
        if not self._active and await self._lock.take():
            self._positions = await self._in_thread(self._offsets)
            self._active = self._more = True
        return self._active

    async def _next(self, limit: int) -> list[Delivery]:
        head = self._log.head(self._topics)
        if not self._more and head <= self._read_to:
            return []
        rows, self._more = await self._in_thread(lambda: self._read(limit))
        self._read_to = max([head, *(row[0] for row in rows)] if not self._more else [0])
        self._positions.update({topic: position for position, topic, _ in rows})
        return [Delivery.read(topic, 0, position, raw) for position, topic, raw in rows]

    def _read(self, limit: int) -> tuple[list[tuple[int, str, bytes]], bool]:
        due = " UNION ALL ".join([_DUE] * len(self._topics))
        places = [v for t in self._topics for v in (t, self._positions.get(t, 0), limit)]
        rows: list[tuple[int, str, bytes]] = []
        size = 0
        for row in self._connection.execute(_FETCH.format(due=due), [*places, limit]):
            rows.append(row)
            size += len(row[2])
            if size > FETCH_BYTES:
                return rows, True
        return rows, len(rows) == limit

    def _offsets(self) -> dict[str, int]:
        stored = "SELECT topic, position FROM offsets WHERE consumer = ?"
        return dict(self._connection.execute(stored, (self._group,)).fetchall())

    def _count(self) -> dict[str, int]:
        at = self._offsets()
        count = self._connection.execute
        return {
            topic: count(_LAG, (topic, at.get(topic, 0), LAG_LIMIT)).fetchone()[0]
            for topic in self._topics
        }

    async def _in_thread(self, work: Callable[[], T]) -> T:
        def guarded() -> T:
            with self._in_use:
                return work()

        try:
            return await asyncio.to_thread(guarded)
        except sqlite3.Error as error:
            raise BusUnavailable(f"the event log {self._log.path}: {error}") from error

    def _disconnect(self) -> None:
        # A fetch that was given up may still be reading.
        with self._in_use:
            self._connection.close()
