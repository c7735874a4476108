"""One service's database: every command through one writer, queries on connections of their own.

On SQLite a writer transaction begins with BEGIN IMMEDIATE on the only connection that writes
(WAL, synchronous=FULL): without it concurrent read-then-write transactions lose updates silently,
and without FULL a power cut takes acknowledged commits. On PostgreSQL writers are ordinary
transactions that lock the rows they change (`FOR UPDATE`).
"""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from shared.changes import Changes
from shared.db.errors import DatabaseUnavailable, translate

BUSY_SECONDS = 5
STATEMENT_SECONDS = 30
LEAST_ROOM = 2 * 2**20


class Database:
    """The writer and the readers of one database, and the news that something was committed."""

    def __init__(self, url: str, *, readers: int = 4, writers: int = 8) -> None:
        """`url`: sqlite:///FILE or postgresql://USER@HOST/NAME; pools are bounded by the counts."""
        parsed = make_url(url)
        self.dialect = parsed.get_backend_name()
        self.changes = Changes()
        self.path: Path | None = None
        if self.dialect == "sqlite":
            self.path = Path(parsed.database or "")
            self.engine = _sqlite(parsed, size=1, pragmas=("foreign_keys=ON",), immediate=True)
            self._readers = _sqlite(
                parsed, size=readers, pragmas=("query_only=ON",), immediate=False
            )
        elif self.dialect == "postgresql":
            self.engine = _postgresql(parsed, writers)
            self._readers = _postgresql(parsed, readers)
        else:
            raise ValueError(
                f"{url!r}: a database is sqlite:///FILE or postgresql://USER@HOST/NAME"
            )

    @property
    def engines(self) -> tuple[AsyncEngine, AsyncEngine]:
        """The writing and the reading engine, for those who trace their statements."""
        return self.engine, self._readers

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[AsyncConnection]:
        """One transaction: committed when the block ends well, undone when it raises."""
        try:
            async with self.engine.begin() as tx:
                yield tx
        except Exception as error:
            if (told := translate(error)) is not None:
                raise told from error
            raise
        self.changes.notify()

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[AsyncConnection]:
        """A consistent view for queries; it cannot change anything on SQLite."""
        try:
            async with self._readers.connect() as connection:
                yield connection
        except Exception as error:
            if (told := translate(error)) is not None:
                raise told from error
            raise

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


def _free_bytes(path: Path) -> int:
    try:
        room = os.statvfs(path.parent)
    except OSError as error:
        raise DatabaseUnavailable(str(error)) from error
    return room.f_bavail * room.f_frsize


def _sqlite(url: URL, *, size: int, pragmas: tuple[str, ...], immediate: bool) -> AsyncEngine:
    engine = create_async_engine(
        url.set(drivername="sqlite+aiosqlite"),
        pool_size=size,
        max_overflow=0,
        pool_timeout=BUSY_SECONDS,
        hide_parameters=True,
        connect_args={"timeout": BUSY_SECONDS},
    )

    @event.listens_for(engine.sync_engine, "do_connect")
    def make_folder(*_: object) -> None:
        Path(url.database or "").parent.mkdir(parents=True, exist_ok=True)

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        # The driver must not begin transactions by itself: BEGIN below says which kind.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", *pragmas):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


def _postgresql(url: URL, size: int) -> AsyncEngine:
    return create_async_engine(
        url.set(drivername="postgresql+asyncpg"),
        pool_size=size,
        max_overflow=0,
        pool_timeout=BUSY_SECONDS,
        hide_parameters=True,
        connect_args={
            "timeout": BUSY_SECONDS,
            "server_settings": {
                "statement_timeout": str(STATEMENT_SECONDS * 1000),
                "lock_timeout": str(BUSY_SECONDS * 1000),
                "idle_in_transaction_session_timeout": str(STATEMENT_SECONDS * 1000),
            },
        },
    )
