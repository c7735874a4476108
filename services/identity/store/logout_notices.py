"""Logouts of which clients are still to be told (OpenID Connect Back-Channel Logout 1.0)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Integer, Row, Table, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.store.clients import clients
from services.identity.store.grants import grants
from services.identity.store.metadata import metadata
from shared.db import Key, UTCDateTime
from shared.ids import new_id

logout_notices = Table(
    "logout_notices",
    metadata,
    Column("id", Key(40), primary_key=True),
    Column("client", Key(64), nullable=False, index=True),
    Column("person", Key(40), nullable=False),
    Column("login", Key(40), nullable=False),
    Column("queued_at", UTCDateTime, nullable=False),
    Column("due_at", UTCDateTime, nullable=False, index=True),
    Column("attempts", Integer, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutNotice:
    """One client to be told of the end of one login; `attempts` counts the one under way."""

    id: str
    client: str
    person: str
    login: str
    queued_at: datetime
    attempts: int


async def queue_for_login(tx: AsyncConnection, login: str, person: str, at: datetime) -> int:
    """Queue one for each client that somebody was logged in to and that wants to be told."""
    told = (
        select(clients.c.id)
        .join(grants, grants.c.client == clients.c.id)
        .where(grants.c.login == login, clients.c.backchannel_logout_uri.is_not(None))
        .distinct()
    )
    found = list(await tx.scalars(told))
    await _queue(tx, [(client, login) for client in found], person, at)
    return len(found)


async def queue_for_client(
    tx: AsyncConnection, client: str, logins: Sequence[str], person: str, at: datetime
) -> None:
    """Queue one for each of these logins, all of them to one client."""
    wants = select(clients.c.id).where(
        clients.c.id == client, clients.c.backchannel_logout_uri.is_not(None)
    )
    if await tx.scalar(wants) is not None:
        await _queue(tx, [(client, login) for login in logins], person, at)


async def clients_due(connection: AsyncConnection, moment: datetime) -> list[str]:
    """The clients that can be told of something now."""
    query = select(logout_notices.c.client).where(logout_notices.c.due_at <= moment).distinct()
    return list(await connection.scalars(query))


async def claim(
    tx: AsyncConnection, client: str, moment: datetime, until: datetime, most: int
) -> list[LogoutNotice]:
    """Take some for a client; until then no other process takes them, and afterwards any does."""
    table = logout_notices
    due = (
        select(table.c.id)
        .where(table.c.client == client, table.c.due_at <= moment)
        .order_by(table.c.due_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    taken = (
        update(table)
        .where(table.c.id.in_(due.scalar_subquery()))
        .values(due_at=until, attempts=table.c.attempts + 1)
        .returning(*table.c)
    )
    return [_read(row) for row in await tx.execute(taken)]


async def put_off(tx: AsyncConnection, id_: str, until: datetime) -> None:
    """Try again then."""
    table = logout_notices
    await tx.execute(update(table).where(table.c.id == id_).values(due_at=until))


async def settle(tx: AsyncConnection, id_: str) -> None:
    """The client was told, or never will be."""
    await tx.execute(delete(logout_notices).where(logout_notices.c.id == id_))


async def waiting(connection: AsyncConnection) -> tuple[int, datetime | None]:
    """How many wait, and since when the oldest."""
    table = logout_notices
    row = (await connection.execute(select(func.count(), func.min(table.c.queued_at)))).one()
    return int(row[0]), row[1]


async def _queue(
    tx: AsyncConnection, pairs: Sequence[tuple[str, str]], person: str, at: datetime
) -> None:
    rows: list[dict[str, Any]] = [
        {
            "id": new_id("lgn"),
            "client": client,
            "person": person,
            "login": login,
            "queued_at": at,
            "due_at": at,
            "attempts": 0,
        }
        for client, login in pairs
    ]
    if rows:
        await tx.execute(insert(logout_notices), rows)


def _read(row: Row[Any]) -> LogoutNotice:
    return LogoutNotice(
        id=row.id,
        client=row.client,
        person=row.person,
        login=row.login,
        queued_at=row.queued_at,
        attempts=row.attempts,
    )
