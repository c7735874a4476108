"""Login sessions: one per browser in which somebody logged in."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    Row,
    String,
    Table,
    case,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.domain.logins import Login
from services.identity.store.metadata import metadata
from shared.db import Document, Key, UTCDateTime

logins = Table(
    "logins",
    metadata,
    Column("id", Key(40), primary_key=True),
    Column("secret_hash", Key(64), nullable=False, unique=True),
    Column("person", Key(40), ForeignKey("people.id"), nullable=False, index=True),
    Column("amr", Document(), nullable=False),
    Column("assurance", Integer, nullable=False),
    Column("level", Integer, nullable=False),
    Column("helped_by", Key(40)),
    Column("device", String(64)),
    Column("address", String(64)),
    Column("last_seen_at", UTCDateTime),
    Column("auth_time", UTCDateTime, nullable=False),
    Column("expires_at", UTCDateTime, nullable=False, index=True),
    Column("ended_at", UTCDateTime),
    Column("ended_why", String(32)),
)


async def add_login(tx: AsyncConnection, login: Login, secret_hash: str) -> None:
    """Store a login that has just begun."""
    await tx.execute(insert(logins).values(_written(login, secret_hash)))


async def renew_login(tx: AsyncConnection, login: Login, secret_hash: str) -> bool:
    """Store that it was proved anew and answers to another secret; False when it had ended."""
    renewed = update(logins).where(logins.c.id == login.id, logins.c.ended_at.is_(None))
    return bool((await tx.execute(renewed.values(_written(login, secret_hash)))).rowcount)


async def login_by_secret(connection: AsyncConnection, secret_hash: str) -> Login | None:
    """The login whose cookie hashes to this, ended ones included."""
    return await _one(connection, logins.c.secret_hash == secret_hash)


async def find_login(connection: AsyncConnection, id_: str) -> Login | None:
    """The login with this id."""
    return await _one(connection, logins.c.id == id_)


async def close_login(
    tx: AsyncConnection,
    id_: str,
    *,
    why: str,
    at: datetime,
) -> bool:
    """Store the end of a login; False when it had ended before."""
    ended = update(logins).where(logins.c.id == id_, logins.c.ended_at.is_(None))
    return bool((await tx.execute(ended.values(ended_at=at, ended_why=why))).rowcount)


async def open_logins(connection: AsyncConnection, person: str, now: datetime) -> list[str]:
    """The ids of a person's logins that have not ended."""
    query = select(logins.c.id).where(
        logins.c.person == person, logins.c.ended_at.is_(None), logins.c.expires_at > now
    )
    return list(await connection.scalars(query))


async def logins_open(connection: AsyncConnection, person: str, now: datetime) -> list[Login]:
    """A person's logins that have not ended."""
    query = select(logins).where(
        logins.c.person == person, logins.c.ended_at.is_(None), logins.c.expires_at > now
    )
    return [_read(row) for row in await connection.execute(query)]


async def seen_login(tx: AsyncConnection, id_: str, at: datetime) -> None:
    """Store that it was in use then."""
    await tx.execute(update(logins).where(logins.c.id == id_).values(last_seen_at=at))


async def latest_logins(connection: AsyncConnection, person: str, limit: int) -> list[Login]:
    """A person's logins, newest first, those that ended included."""
    query = select(logins).where(logins.c.person == person)
    found = await connection.execute(query.order_by(logins.c.auth_time.desc()).limit(limit))
    return [_read(row) for row in found]


async def raise_levels(tx: AsyncConnection, person: str, level: int) -> None:
    """The open logins of a person claim his new level, each as far as its assurance carries."""
    reached = case((logins.c.assurance < level, logins.c.assurance), else_=level)
    raised = update(logins).where(logins.c.person == person, logins.c.ended_at.is_(None))
    await tx.execute(raised.values(level=reached))


async def forget_logins(tx: AsyncConnection, before: datetime) -> None:
    """Drop logins that expired before this moment."""
    await tx.execute(delete(logins).where(logins.c.expires_at < before))


def _written(login: Login, secret_hash: str) -> dict[str, Any]:
    return {
        "id": login.id,
        "secret_hash": secret_hash,
        "person": login.person,
        "amr": list(login.amr),
        "assurance": login.assurance,
        "level": login.level,
        "helped_by": login.helped_by,
        "device": login.device,
        "address": login.address,
        "last_seen_at": login.last_seen_at,
        "auth_time": login.auth_time,
        "expires_at": login.expires_at,
    }


async def _one(connection: AsyncConnection, condition: Any) -> Login | None:
    row: Row[Any] | None = (await connection.execute(select(logins).where(condition))).first()
    return None if row is None else _read(row)


def _read(row: Row[Any]) -> Login:
    return Login(
        id=row.id,
        person=row.person,
        amr=tuple(row.amr),
        assurance=row.assurance,
        level=row.level,
        helped_by=row.helped_by,
        device=row.device or "",
        address=row.address or "",
        last_seen_at=row.last_seen_at,
        auth_time=row.auth_time,
        expires_at=row.expires_at,
        ended=row.ended_at is not None,
    )
