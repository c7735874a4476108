"""One leader per service: of several processes on one database, one relays and one seals.

On PostgreSQL the leader holds a session advisory lock on a connection of its own (so not through
a pooler in transaction mode); on SQLite an flock beside the database file. Both end with the
process, however it dies.

A process that hangs keeps its connection: the kernel answers for it. So the leader says a word on
it every few seconds, and the server ends a connection that has been silent for longer. A leader
that wakes up after that finds the lock gone at its next check. What it had read before, it may
still send once: events that the new leader has sent too, under their ids and numbers, which
consumers drop.
"""

import asyncio
import contextlib
import fcntl
import hashlib
import os
import socket
from pathlib import Path
from typing import Protocol

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db import Database
from shared.events.backoff import pause
from shared.events.errors import LeadershipLost

LOOK_SECONDS = 0.5
_LONGEST_NAME = 63  # PostgreSQL keeps no more of an application's name
WORD_SECONDS = 3.0
SILENCE_SECONDS = 15
_TAKE = text("SELECT pg_try_advisory_lock(:key)")
_WORD = text("SELECT 1")
# Set where the server knows it (PostgreSQL 14): an older one would refuse the connection.
_SILENCE = text(
    f"SELECT set_config(name, '{SILENCE_SECONDS}s', false) FROM pg_settings "  # noqa: S608
    "WHERE name = 'idle_session_timeout'"
)
_NAMED = text("SELECT set_config('application_name', :name, false)")
_HOLDERS = text(
    "SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid "
    "JOIN pg_database d ON d.oid = l.database AND d.datname = current_database() "
    "WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 "
    "AND l.classid::bigint = :high AND l.objid::bigint = :low"
)


def instance() -> str:
    """This process among all that run the same code: host and process id."""
    return f"{socket.gethostname()}/{os.getpid()}"


class _Lock(Protocol):
    async def take(self) -> bool: ...

    async def check(self) -> None: ...

    async def holder(self) -> str | None: ...

    async def leave(self) -> None: ...


class Leadership:
    """The right to do one kind of work alone."""

    def __init__(self, db: Database, work: str) -> None:
        """`work` names what the leader does, such as `relay`."""
        self._lock: _Lock
        if db.path is not None:
            self._lock = FileLock(db.path.with_name(f"{db.path.name}.{work}.lock"))
        else:
            self._lock = _AdvisoryLock(db, work)
        self.held = False

    async def acquire(self, stop: asyncio.Event) -> bool:
        """Wait until this process leads; False when it is to stop before."""
        try:
            while not stop.is_set():
                self.held = await self._lock.take()
                if self.held:
                    return True
                await pause(stop, LOOK_SECONDS)
            return False
        finally:
            if not self.held:
                await self._lock.leave()

    async def check(self) -> None:
        """Raise LeadershipLost when another may lead now: call it before each outward step."""
        try:
            await self._lock.check()
        except LeadershipLost:
            self.held = False
            raise

    async def leader(self) -> str | None:
        """Which instance leads now; None when none does."""
        return instance() if self.held else await self._lock.holder()

    async def release(self) -> None:
        """Let another lead."""
        self.held = False
        await self._lock.leave()


class FileLock:
    """An exclusive lock on a file; the system drops it with the process that holds it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    async def take(self) -> bool:
        """Try to get the lock; True also when it is held already."""
        if self._file is not None:
            return True
        file = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        os.ftruncate(file, 0)
        os.pwrite(file, instance().encode(), 0)
        self._file = file
        return True

    async def check(self) -> None:
        """A held flock cannot be taken away."""

    async def holder(self) -> str | None:
        """Who wrote his name into the file, as long as he holds it."""
        try:
            file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return os.pread(file, 300, 0).decode() or None
        else:
            return None  # nobody holds it: what stands there is a dead one's name
        finally:
            os.close(file)

    async def leave(self) -> None:
        """Give the lock back."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


class _AdvisoryLock:
    def __init__(self, db: Database, work: str) -> None:
        self._db = db
        digest = hashlib.sha256(f"tongban leader {work}".encode()).digest()
        self._key = int.from_bytes(digest[:8], "big", signed=True)
        self._connection: AsyncConnection | None = None
        self._one_at_a_time = asyncio.Lock()
        self._voice: asyncio.Task[None] | None = None

    async def take(self) -> bool:
        try:
            if self._connection is None:
                self._connection = await self._db.session()
                await self._connection.execute(_SILENCE)
                await self._connection.execute(_NAMED, {"name": instance()[-_LONGEST_NAME:]})
            taken = bool(await self._connection.scalar(_TAKE, {"key": self._key}))
        except (SQLAlchemyError, OSError):
            await self.leave()
            return False
        if taken:
            self._voice = asyncio.create_task(self._speak(self._connection))
        return taken

    async def check(self) -> None:
        connection = self._connection
        if connection is None:
            raise LeadershipLost("the connection that holds the lock is closed")
        try:
            async with self._one_at_a_time:
                await connection.execute(_WORD)
        except (SQLAlchemyError, OSError) as error:
            raise LeadershipLost(f"the connection that holds the lock is gone: {error}") from error

    async def holder(self) -> str | None:
        """The name that the holder gave its connection."""
        unsigned = self._key % 2**64
        parts = {"high": unsigned >> 32, "low": unsigned & 0xFFFFFFFF}
        async with self._db.read() as connection:
            found: str | None = await connection.scalar(_HOLDERS, parts)
        return found

    async def leave(self) -> None:
        connection, self._connection = self._connection, None
        if self._voice is not None:
            self._voice.cancel()
            await asyncio.gather(self._voice, return_exceptions=True)
            self._voice = None
        if connection is None:
            return
        with contextlib.suppress(SQLAlchemyError, OSError):
            # The connection is in no pool: it is closed, and with the backend ends the lock.
            await connection.close()

    async def _speak(self, connection: AsyncConnection) -> None:
        with contextlib.suppress(SQLAlchemyError, OSError):
            while True:
                await asyncio.sleep(WORD_SECONDS)
                async with self._one_at_a_time:
                    await connection.execute(_WORD)
