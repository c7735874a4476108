"""A consumer of the embedded log: one of a group reads, the others stand by for its death."""

import asyncio
import sqlite3
from collections.abc import Sequence

from shared.events.bus import Delivery
from shared.events.leadership import FileLock
from shared.events.sqlite.reader import Log, LogReader

STANDBY_SECONDS = 0.2


class SQLiteSubscription:
    """One consumer of a group; the group's lock file says which of them reads."""

    def __init__(self, log: Log, group: str, topics: Sequence[str]) -> None:
        self._log = log
        self._group = group
        self._lock = FileLock(log.path.with_name(f"{log.path.name}.{group}.lock"))
        self._reader = LogReader(log, topics)
        self._active = False

    async def fetch(self, limit: int, seconds: float) -> list[Delivery]:
        """The next events; none when the time runs out or another consumer reads."""
        now = asyncio.get_running_loop().time
        until = now() + seconds
        while True:
            if await self._reads() and (deliveries := await self._reader.next(limit)):
                return deliveries
            left = until - now()
            if left <= 0:
                return []
            await self._reader.wait(left if self._active else min(left, STANDBY_SECONDS))

    async def commit(self, deliveries: Sequence[Delivery]) -> None:
        """Move the group's offsets; stored with the log's next commit, within a moment."""
        if self._active:
            self._log.writer.move(self._group, {d.topic: d.position for d in deliveries})

    async def lag(self) -> dict[str, int]:
        """How many events of each topic wait for the group, counted to 100,000."""
        return await self._reader.count(after=await self._reader.query(self._offsets))

    async def close(self) -> None:
        """Store the offsets and let another consumer read."""
        try:
            if self._active:
                self._active = False
                await self._log.writer.flush()
        finally:
            await self._lock.leave()
            await self._reader.close()

    async def _reads(self) -> bool:
        if not self._active and await self._lock.take():
            self._reader.begin(await self._reader.query(self._offsets))
            self._active = True
        return self._active

    def _offsets(self, connection: sqlite3.Connection) -> dict[str, int]:
        stored = "SELECT topic, position FROM offsets WHERE consumer = ?"
        return dict(connection.execute(stored, (self._group,)).fetchall())
