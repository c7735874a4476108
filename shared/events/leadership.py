"""One leader per service: of several processes on one database, one relays and one seals.

On PostgreSQL the leader holds a session advisory lock on a connection of its own (so not through
a pooler in transaction mode); on SQLite an flock beside the database file. Both end with the
process, however it dies.
"""

import asyncio
import fcntl
import hashlib
import os
from pathlib import Path
from typing import Protocol

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db import Database
from shared.events.backoff import pause
from shared.events.errors import LeadershipLost

LOOK_SECONDS = 0.5


class _Lock(Protocol):
    async def take(self) -> bool: ...

    async def check(self) -> None: ...

    async def leave(self) -> None: ...


class Leadership:
    """The right to do one kind of work alone."""

    def __init__(self, db: Database, work: str) -> None:
        """`work` names what the leader does, such as `relay`."""
        self._lock: _Lock
        if db.path is not None:
            self._lock = FileLock(db.path.with_name(f"{db.path.name}.{work}.lock"))
        else:
            self._lock = _AdvisoryLock(db.engine, work)
        self.held = False

    async def acquire(self, stop: asyncio.Event) -> bool:
        """Wait until this process leads; False when it is to stop before."""
        while not stop.is_set():
            self.held = await self._lock.take()
            if self.held:
                return True
            await pause(stop, LOOK_SECONDS)
        return False

    async def check(self) -> None:
        """Raise LeadershipLost when another may lead now: call it before each outward step."""
        try:
            await self._lock.check()
        except LeadershipLost:
            self.held = False
            raise

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
        self._file = file
        return True

    async def check(self) -> None:
        """A held flock cannot be taken away."""

    async def leave(self) -> None:
        """Give the lock back."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


class _AdvisoryLock:
    def __init__(self, engine: AsyncEngine, work: str) -> None:
        self._engine = engine
        digest = hashlib.sha256(f"tongban leader {work}".encode()).digest()
        self._key = int.from_bytes(digest[:8], "big", signed=True)
        self._connection: AsyncConnection | None = None

    async def take(self) -> bool:
        try:
            if self._connection is None:
                connection = await self._engine.connect()
                # Autocommit: no transaction stays open that would hold back the vacuum.
                self._connection = await connection.execution_options(isolation_level="AUTOCOMMIT")
            statement = text("SELECT pg_try_advisory_lock(:key)")
            taken = await self._connection.scalar(statement, {"key": self._key})
        except (SQLAlchemyError, OSError):
            await self.leave()
            return False
        return bool(taken)

    async def check(self) -> None:
        if self._connection is None:
            raise LeadershipLost("the connection that holds the lock is closed")
        try:
            await self._connection.execute(text("SELECT 1"))
        except (SQLAlchemyError, OSError) as error:
            raise LeadershipLost(f"the connection that holds the lock is gone: {error}") from error

    async def leave(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            # Closed for good, not returned to the pool: with the backend ends the lock.
            await connection.invalidate()
            await connection.close()
        except (SQLAlchemyError, OSError):
            return
