"""One service's database: every command through one writer, queries on connections of their own.

On SQLite a writer transaction begins with BEGIN IMMEDIATE on the only connection that writes
(WAL, synchronous=FULL): without it concurrent read-then-write transactions lose updates silently,
and without FULL a power cut takes acknowledged commits. On PostgreSQL writers are ordinary
transactions that lock the rows they change (`FOR UPDATE`), and readers see one moment.
"""

import os
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.changes import Changes
from shared.db import postgresql, sqlite
from shared.db.errors import DatabaseUnavailable, translate
from shared.db.limits import Limits

LEAST_ROOM = 2 * 2**20


class Database:
    """The writer and the readers of one database, and the news that something was committed."""

    def __init__(
        self,
        url: str,
        *,
        writers: int = Limits.writers,
        readers: int = Limits.readers,
        statement_seconds: float = Limits.statement_seconds,
        wait_seconds: float = Limits.wait_seconds,
    ) -> None:
        """`url`: sqlite:///FILE or postgresql://USER@HOST/NAME; the rest as in `Limits`."""
        limits = Limits(writers, readers, statement_seconds, wait_seconds)
        parsed = make_url(url)
        self.dialect = parsed.get_backend_name()
        self.changes = Changes()
        self.path: Path | None = None
        self._lasting: AsyncEngine | None = None
        self._single: tuple[AsyncEngine, AsyncEngine] | None = None
        if self.dialect == "sqlite":
            self.path = Path(parsed.database or "")
            self.engine = sqlite.writing(parsed, limits)
            self._readers = sqlite.reading(parsed, limits)
        elif self.dialect == "postgresql":
            self.engine = postgresql.writing(parsed, limits)
            self._readers = postgresql.reading(parsed, limits)
            self._lasting = postgresql.lasting(parsed, limits)
            self._single = postgresql.single(self.engine), postgresql.single(self._readers)
        else:
            raise ValueError(
                f"{parsed.render_as_string()!r}: a database is sqlite:///FILE or postgresql://USER@HOST/NAME"
            )

    @property
    def engines(self) -> tuple[AsyncEngine, AsyncEngine]:
        """The writing and the reading engine, for those who trace their statements."""
        return self.engine, self._readers

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[AsyncConnection]:
        """One transaction: committed when the block ends well, undone when it raises."""
        async with _told(self.engine.begin()) as tx:
            yield tx
        self.changes.notify()

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[AsyncConnection]:
        """A view of one moment for queries; it cannot change anything."""
        async with _told(self._readers.connect()) as connection:
            yield connection

    @asynccontextmanager
    async def write_single(self) -> AsyncGenerator[AsyncConnection]:
        """For one statement, which is a transaction by itself: one round trip and not three.

        Nobody is told of it, so it is not for what goes with an event.
        """
        if self._single is None:
            async with _told(self.engine.begin()) as tx:
                yield tx
            return
        async with _told(self._single[0].connect()) as connection:
            yield connection

    @asynccontextmanager
    async def read_single(self) -> AsyncGenerator[AsyncConnection]:
        """The same for one query."""
        readers = self._readers if self._single is None else self._single[1]
        async with _told(readers.connect()) as connection:
            yield connection

    async def session(self) -> AsyncConnection:
        """A connection to keep, beside the pools, each statement by itself; PostgreSQL only."""
        if self._lasting is None:
            raise ValueError("SQLite has no sessions that could hold anything")
        return await self._lasting.connect()

    async def ping(self) -> None:
        """Raise DatabaseUnavailable unless the database answers and has room to write."""
        if self.path is not None and _free_bytes(self.path) < LEAST_ROOM:
            raise DatabaseUnavailable(f"the disk of {self.path} is full")
        try:
            async with self.read() as connection:
                await connection.execute(text("SELECT 1"))
        except DatabaseUnavailable:
            raise
        except Exception as error:
            raise DatabaseUnavailable(str(error)) from error

    async def dispose(self) -> None:
        """Close every connection."""
        await self.engine.dispose()
        await self._readers.dispose()
        if self._lasting is not None:
            await self._lasting.dispose()


@asynccontextmanager
async def _told(
    opened: AbstractAsyncContextManager[AsyncConnection],
) -> AsyncGenerator[AsyncConnection]:
    """The driver's errors as ours."""
    try:
        async with opened as connection:
            yield connection
    except Exception as error:
        if (told := translate(error)) is not None:
            raise told from error
        raise


def _free_bytes(path: Path) -> int:
    try:
        room = os.statvfs(path.parent)
    except OSError as error:
        raise DatabaseUnavailable(str(error)) from error
    return room.f_bavail * room.f_frsize
