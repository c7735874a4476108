"""An engine on an SQLite file: WAL, and every commit on the disk before it is confirmed."""

import asyncio
from pathlib import Path
from time import monotonic
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import URL, Connection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from shared.db.limits import Limits

_AGAIN_SECONDS = 0.02


def writing(url: URL, limits: Limits) -> AsyncEngine:
    """The one connection that writes; its transactions begin with BEGIN IMMEDIATE."""
    return _engine(url, 1, limits, "foreign_keys=ON", begin="BEGIN IMMEDIATE")


def reading(url: URL, limits: Limits) -> AsyncEngine:
    """Connections that cannot write."""
    return _engine(url, limits.readers, limits, "query_only=ON", begin="BEGIN")


def _engine(url: URL, size: int, limits: Limits, pragma: str, *, begin: str) -> AsyncEngine:
    engine = create_async_engine(
        url.set(drivername="sqlite+aiosqlite"),
        pool_size=size,
        max_overflow=0,
        pool_timeout=limits.wait_seconds,
        hide_parameters=True,
        connect_args={"timeout": limits.wait_seconds},
    )

    @event.listens_for(engine.sync_engine, "do_connect")
    def make_folder(*_: object) -> None:
        Path(url.database or "").parent.mkdir(parents=True, exist_ok=True)

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        # The driver must not begin transactions by itself: BEGIN below says which kind.
        connection.isolation_level = None
        cursor = connection.cursor()
        _turn_to_wal(connection, cursor, monotonic() + limits.wait_seconds)
        for setting in ("synchronous=FULL", pragma):
            cursor.execute(f"PRAGMA {setting}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _turn_to_wal(connection: Any, cursor: Any, until: float) -> None:
    """Two that open a new file at once meet here, where SQLite refuses without any waiting."""
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except Exception as error:
            if "locked" not in str(error) or monotonic() > until:
                raise
            connection.run_async(lambda _: asyncio.sleep(_AGAIN_SECONDS))
        else:
            return
