"""Engines on PostgreSQL: bounded pools whose connections give up rather than hang.

A connection that died is noticed by a look at its socket when it is taken from the pool, which
costs nothing; so after a restart of the server only what was under way fails.
"""

import contextlib
import socket
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from shared.db.limits import Limits

# A server that vanished without a word is noticed after twenty seconds.
_KEEPALIVE = {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 2, "TCP_USER_TIMEOUT": 20_000}


def writing(url: URL, limits: Limits) -> AsyncEngine:
    """Ordinary transactions, which lock the rows that they decide on."""
    return _pooled(url, limits.writers, limits, isolation_level="READ COMMITTED")


def reading(url: URL, limits: Limits) -> AsyncEngine:
    """Transactions that see one moment and can change nothing; BEGIN itself says so."""
    return _pooled(
        url,
        limits.readers,
        limits,
        isolation_level="REPEATABLE READ",
        execution_options={"postgresql_readonly": True},
    )


def lasting(url: URL, limits: Limits) -> AsyncEngine:
    """Connections for those who keep theirs, such as a leader its lock: no pool counts them."""
    return _engine(url, limits, poolclass=NullPool, isolation_level="AUTOCOMMIT")


def single(engine: AsyncEngine) -> AsyncEngine:
    """The same connections for single statements, each committed by itself."""
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def _pooled(url: URL, size: int, limits: Limits, **options: Any) -> AsyncEngine:
    engine = _engine(
        url,
        limits,
        pool_size=size,
        max_overflow=0,
        pool_timeout=limits.wait_seconds,
        **options,
    )

    @event.listens_for(engine.sync_engine, "checkout")
    def look(connection: Any, *_: object) -> None:
        if connection.driver_connection.is_closed():
            raise DisconnectionError("the connection was closed while it waited in the pool")

    return engine


def _engine(url: URL, limits: Limits, **options: Any) -> AsyncEngine:
    statement = f"{limits.statement_seconds * 1000:.0f}"
    engine = create_async_engine(
        url.set(drivername="postgresql+asyncpg"),
        hide_parameters=True,
        connect_args={
            "timeout": limits.wait_seconds,
            # The server ends a statement itself; this is for one that has stopped answering.
            "command_timeout": limits.statement_seconds + limits.wait_seconds,
            "server_settings": {
                "statement_timeout": statement,
                "lock_timeout": f"{limits.wait_seconds * 1000:.0f}",
                "idle_in_transaction_session_timeout": statement,
            },
        },
        **options,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def keep_alive(connection: Any, _record: object) -> None:
        found = connection.driver_connection._transport.get_extra_info("socket")
        if found is None or found.family == socket.AF_UNIX:
            return
        found.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _KEEPALIVE.items():
            with contextlib.suppress(AttributeError):  # not every system has each of them
                found.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)

    return engine
