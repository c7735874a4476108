"""Visits, logins under way and forms being filled in: all of it sealed, none of it for long."""

import hashlib
from collections.abc import Collection
from datetime import datetime
from functools import cached_property
from typing import Any

import orjson
from sqlalchemy import Column, LargeBinary, MetaData, Table, delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.crypto import FieldCipher, SealedColumn, SealedTable
from shared.db import Key, UTCDateTime
from shared.service import Mechanisms, Runtime

metadata = MetaData()
mechanisms = Mechanisms(metadata)


def _sealed(name: str, *columns: Column[Any]) -> Table:
    return Table(
        name,
        metadata,
        Column("id", Key(64), primary_key=True),
        *columns,
        Column("sealed", LargeBinary, nullable=False),
        Column("expires_at", UTCDateTime, nullable=False, index=True),
    )


visits = _sealed("visits")
logins = _sealed("logins")
applications = _sealed("applications", Column("visit", Key(40), nullable=False, index=True))

# Which logins of the provider a visit rests on, so that their end can be its end too.
visit_sessions = Table(
    "visit_sessions",
    metadata,
    Column("visit", Key(64), primary_key=True),
    Column("sid", Key(64), primary_key=True, index=True),
    Column("sub", Key(80), nullable=False, index=True),
    Column("expires_at", UTCDateTime, nullable=False, index=True),
)

_CONTENT = (SealedColumn("content", "sealed"),)
sealed = tuple(SealedTable(table, _CONTENT) for table in (visits, logins, applications))

Content = dict[str, Any]


class Sealed:
    """Rows of one table: a JSON object each, that opens only in its own row and until its end."""

    def __init__(self, runtime: Runtime, table: Table) -> None:
        self._runtime = runtime
        self._table = table

    @cached_property
    def cipher(self) -> FieldCipher:
        """The cipher of this table; the keyring is read when it is first needed."""
        return FieldCipher(self._runtime.keyring, self._table.name)

    async def find(
        self,
        connection: AsyncConnection,
        key: str,
        now: datetime,
        *,
        to_change: bool = False,
        **where: str,
    ) -> Content | None:
        """The content of a row that has not expired; `to_change` holds others off it."""
        table = self._table
        query = select(table.c.sealed).where(table.c.id == key, table.c.expires_at > now)
        if to_change:
            query = query.with_for_update()
        for column, value in where.items():
            query = query.where(table.c[column] == value)
        blob: bytes | None = await connection.scalar(query)
        if blob is None:
            return None
        content: Content = orjson.loads(self.cipher.open("content", key, blob))
        return content

    async def put(
        self, tx: AsyncConnection, key: str, content: Content, until: datetime, **columns: str
    ) -> None:
        """Keep the content under this key, new or instead of what was there."""
        blob = self.cipher.seal("content", key, orjson.dumps(content).decode())
        values = {"sealed": blob, "expires_at": until, **columns}
        dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
        new = dialect.insert(self._table).values(id=key, **values)
        await tx.execute(new.on_conflict_do_update(index_elements=["id"], set_=values))

    async def drop(self, tx: AsyncConnection, key: str) -> bool:
        """Forget a row; False when it was gone already."""
        done = await tx.execute(delete(self._table).where(self._table.c.id == key))
        return bool(done.rowcount)

    async def drop_of(self, tx: AsyncConnection, visit: str) -> None:
        """Forget every row of a visit."""
        await tx.execute(delete(self._table).where(self._table.c.visit == visit))

    async def forget(self, tx: AsyncConnection, now: datetime) -> None:
        """Drop what has expired."""
        await tx.execute(delete(self._table).where(self._table.c.expires_at <= now))


class Sessions:
    """The provider's sessions of the visits."""

    async def keep(
        self,
        tx: AsyncConnection,
        visit: str,
        sessions: Collection[tuple[str, str]],
        until: datetime,
    ) -> None:
        """Store the sessions, by `sid` and `sub`, of a visit; those from before are forgotten."""
        await tx.execute(delete(visit_sessions).where(visit_sessions.c.visit == visit))
        rows = [
            {"visit": visit, "sid": sid, "sub": sub, "expires_at": until} for sid, sub in sessions
        ]
        if rows:
            await tx.execute(insert(visit_sessions), rows)

    async def visits_of(self, connection: AsyncConnection, sub: str, sid: str) -> list[str]:
        """The visits that rest on this session; without a `sid` on any of this person."""
        table = visit_sessions
        named = table.c.sid == sid if sid else table.c.sub == sub
        return list(await connection.scalars(select(table.c.visit).where(named).distinct()))

    async def forget(self, tx: AsyncConnection, now: datetime) -> None:
        """Drop what has expired."""
        await tx.execute(delete(visit_sessions).where(visit_sessions.c.expires_at <= now))


def digest(secret: str) -> str:
    """The key under which a secret of the browser is kept: the secret itself is not."""
    return hashlib.sha256(secret.encode()).hexdigest()
