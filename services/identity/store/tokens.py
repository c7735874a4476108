"""Refresh tokens, the access tokens of grants, and what was revoked or used up."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Row, String, Table, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.domain.grants import RefreshToken
from services.identity.store.metadata import metadata
from shared.db import Key, UTCDateTime

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("hash", Key(64), primary_key=True),
    Column("grant", Key(40), nullable=False, index=True),
    Column("issued_at", UTCDateTime, nullable=False),
    Column("expires_at", UTCDateTime, nullable=False, index=True),
    Column("used_at", UTCDateTime),
    Column("bound_to", String(60)),
)

access_tokens = Table(
    "access_tokens",
    metadata,
    Column("id", Key(40), primary_key=True),
    Column("grant", Key(40), nullable=False, index=True),
    Column("expires_at", UTCDateTime, nullable=False, index=True),
)

revoked_tokens = Table(
    "revoked_tokens",
    metadata,
    Column("id", Key(64), primary_key=True),
    Column("expires_at", UTCDateTime, nullable=False, index=True),
)

used_assertions = Table(
    "used_assertions",
    metadata,
    Column("hash", Key(64), primary_key=True),
    Column("expires_at", UTCDateTime, nullable=False, index=True),
)

_SHORT_LIVED = (refresh_tokens, access_tokens, revoked_tokens, used_assertions)


async def add_refresh_token(tx: AsyncConnection, hashed: str, token: RefreshToken) -> None:
    """Store a new refresh token by its hash."""
    await tx.execute(
        insert(refresh_tokens).values(
            hash=hashed,
            grant=token.grant,
            issued_at=token.issued_at,
            expires_at=token.expires_at,
            bound_to=token.bound_to,
        )
    )


async def grant_of_refresh_token(connection: AsyncConnection, hashed: str) -> str | None:
    """The grant that the refresh token with this hash belongs to, if there is such a token."""
    query = select(refresh_tokens.c.grant).where(refresh_tokens.c.hash == hashed)
    return await connection.scalar(query)


async def lock_refresh_token(tx: AsyncConnection, hashed: str) -> RefreshToken | None:
    """The refresh token with this hash; locked until the transaction ends."""
    query = select(refresh_tokens).where(refresh_tokens.c.hash == hashed).with_for_update()
    row: Row[Any] | None = (await tx.execute(query)).first()
    if row is None:
        return None
    return RefreshToken(
        grant=row.grant,
        issued_at=row.issued_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
        bound_to=row.bound_to,
    )


async def use_refresh_token(tx: AsyncConnection, hashed: str, at: datetime) -> None:
    """Store that the refresh token was used."""
    done = update(refresh_tokens).where(refresh_tokens.c.hash == hashed)
    await tx.execute(done.values(used_at=at))


async def add_access_token(
    tx: AsyncConnection,
    id_: str,
    grant: str,
    expires_at: datetime,
) -> None:
    """Remember that an access token belongs to a grant."""
    row = {"id": id_, "grant": grant, "expires_at": expires_at}
    await tx.execute(insert(access_tokens).values(row))


async def access_tokens_of(
    connection: AsyncConnection, grant: str, now: datetime
) -> list[tuple[str, datetime]]:
    """The access tokens of a grant that have not ended yet."""
    query = select(access_tokens.c.id, access_tokens.c.expires_at).where(
        access_tokens.c.grant == grant, access_tokens.c.expires_at > now
    )
    return [(row.id, row.expires_at) for row in await connection.execute(query)]


async def grant_of(connection: AsyncConnection, access_token: str) -> str | None:
    """The grant that an access token belongs to, if it came from one."""
    query = select(access_tokens.c.grant).where(access_tokens.c.id == access_token)
    return await connection.scalar(query)


async def revoke_token(tx: AsyncConnection, id_: str, expires_at: datetime) -> bool:
    """Refuse this access token from now on; False when it was refused before."""
    return await _add_once(tx, revoked_tokens, {"id": id_, "expires_at": expires_at})


async def is_revoked(connection: AsyncConnection, id_: str) -> bool:
    """Whether this access token was revoked."""
    query = select(revoked_tokens.c.id).where(revoked_tokens.c.id == id_)
    return await connection.scalar(query) is not None


async def revoked_of(connection: AsyncConnection, ids: Collection[str]) -> frozenset[str]:
    """Those of these access tokens that were revoked."""
    query = select(revoked_tokens.c.id).where(revoked_tokens.c.id.in_(ids))
    return frozenset(await connection.scalars(query))


async def use_assertions(tx: AsyncConnection, used: Mapping[str, datetime]) -> frozenset[str]:
    """Store that these were used, each until its end; gives those that were not used before."""
    table = used_assertions
    # In one order, so that no two processes wait for each other.
    rows = [{"hash": hashed, "expires_at": used[hashed]} for hashed in sorted(used)]
    add = _insert(tx, table).on_conflict_do_nothing().returning(table.c.hash)
    return frozenset((await tx.scalars(add, rows)).all())


async def forget_tokens(tx: AsyncConnection, before: datetime) -> None:
    """Drop what expired before this moment."""
    for table in _SHORT_LIVED:
        await tx.execute(delete(table).where(table.c.expires_at < before))


async def _add_once(tx: AsyncConnection, table: Table, row: dict[str, Any]) -> bool:
    done = await tx.execute(_insert(tx, table).values(row).on_conflict_do_nothing())
    return bool(done.rowcount)


def _insert(tx: AsyncConnection, table: Table) -> postgresql.Insert | sqlite.Insert:
    return postgresql.insert(table) if tx.dialect.name == "postgresql" else sqlite.insert(table)
