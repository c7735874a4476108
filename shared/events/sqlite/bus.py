"""The embedded event bus: one SQLite file, shared by every service and process of a host."""

import asyncio
import re
import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Self

from shared.changes import Changes, file_watch
from shared.events.bus import Message
from shared.events.errors import BusUnavailable, EventRefused
from shared.events.sqlite.log import Writer, connect, create
from shared.events.sqlite.subscription import SQLiteSubscription
from shared.events.sqlite.tail import SQLiteTail

MESSAGE_BYTES = 1_000_000
_GROUP = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_NEWS = "SELECT topic, max(position) FROM log WHERE position > ? GROUP BY topic"


class EventLog:
    """The log as one event loop uses it: one writer, one watch, for all who publish and read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.changes = Changes()
        self.users = 0
        self._opening = asyncio.Lock()
        self._writer: Writer | None = None
        self._connection: sqlite3.Connection | None = None
        self._unfollow: Callable[[], None] = lambda: None
        self._heads: dict[str, int] = {}
        self._looked_at = -1
        self._known = 0

    async def open(self) -> Self:
        """Make or open the file; BusUnavailable when that cannot be."""
        async with self._opening:
            if self._writer is None:
                try:
                    await asyncio.to_thread(create, self.path)
                    self._connection = connect(self.path)
                    self._known = self._newest()
                except (sqlite3.Error, OSError) as error:
                    raise BusUnavailable(f"the event log {self.path}: {error}") from error
                self._writer = Writer(self.path)
                self._unfollow = file_watch().follow(self.path, self.changes)
        return self

    @property
    def writer(self) -> Writer:
        """The writer of an open log."""
        if self._writer is None:
            raise BusUnavailable(f"the event log {self.path} is closed")
        return self._writer

    def head(self, topics: Sequence[str]) -> int:
        """The newest position in the topics, 0 when nothing came since the log was opened."""
        if self._connection is None:
            raise BusUnavailable(f"the event log {self.path} is closed")
        if self._looked_at != self.changes.count:
            # All readers of one wake-up share this look.
            looked_at = self.changes.count
            try:
                news = self._connection.execute(_NEWS, (self._known,)).fetchall()
            except sqlite3.Error as error:
                raise BusUnavailable(f"the event log {self.path}: {error}") from error
            self._looked_at = looked_at
            self._heads.update(news)
            self._known = max([self._known, *self._heads.values()])
        return max(self._heads.get(topic, 0) for topic in topics)

    async def close(self) -> None:
        """Commit what waits and close the file."""
        self._unfollow()
        if self._writer is not None:
            await self._writer.close()
            self._writer = None
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _newest(self) -> int:
        if self._connection is None:
            return 0
        newest: int = self._connection.execute(
            "SELECT coalesce(max(position), 0) FROM log"
        ).fetchone()[0]
        return newest


_logs: dict[tuple[asyncio.AbstractEventLoop, Path], EventLog] = {}


class SQLiteBus:
    """The event bus of a host that has no broker."""

    def __init__(self, path: Path, *, limit: int = MESSAGE_BYTES) -> None:
        """`path` of the log's file, which is made when it is missing; `limit` in bytes."""
        self._path = path.absolute()
        self._limit = limit
        self._log: EventLog | None = None

    @classmethod
    def from_url(cls, url: str) -> Self:
        """The bus of `sqlite:///FILE`."""
        path = url.removeprefix("sqlite:///")
        if path in ("", url):
            raise ValueError(f"{url!r}: the embedded event log is sqlite:///FILE")
        return cls(Path(path))

    async def publish(self, topic: str, messages: Sequence[Message]) -> None:
        """Append the messages; one that the log has already (by its id) is left as it is."""
        reason = "has {} bytes, more than the log takes ({})"
        too_big = {
            m.id: reason.format(len(m.body), self._limit)
            for m in messages
            if len(m.body) > self._limit
        }
        if too_big:
            raise EventRefused(too_big)
        log = await self._open()
        await log.writer.append(topic, messages)
        log.changes.notify()

    async def subscribe(self, group: str, topics: Sequence[str]) -> SQLiteSubscription:
        """Join the group: the first to come consumes, the others stand by."""
        if not _GROUP.fullmatch(group):
            raise ValueError(f"a consumer group is letters, digits and . _ -, not {group!r}")
        if not topics:
            raise ValueError("a subscription needs a topic")
        return SQLiteSubscription(await self._open(), group, topics)

    async def tail(self, topics: Sequence[str], since: datetime) -> SQLiteTail:
        """Read what was told since a moment, by the time in the events' ids."""
        if not topics:
            raise ValueError("a tail needs a topic")
        return await SQLiteTail.open(await self._open(), topics, since)

    async def close(self) -> None:
        """Let go of the log; the last of this loop closes it."""
        log, self._log = self._log, None
        if log is None:
            return
        log.users -= 1
        if not log.users:
            del _logs[asyncio.get_running_loop(), self._path]
            await log.close()

    async def _open(self) -> EventLog:
        if self._log is None:
            key = (asyncio.get_running_loop(), self._path)
            if key not in _logs:
                _logs[key] = EventLog(self._path)
            self._log = _logs[key]
            self._log.users += 1
        return await self._log.open()
