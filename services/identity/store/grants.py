"""Grants and their codes; the tokens that follow are in `tokens`."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Row, String, Table, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.domain.claims import ClaimsRequest
from services.identity.domain.grants import Code, Grant
from services.identity.store.metadata import metadata
from shared.db import Document, Key, UTCDateTime

grants = Table(
    "grants",
    metadata,
    Column("id", Key(40), primary_key=True),
    Column("client", Key(64), nullable=False),
    Column("person", Key(40), nullable=False, index=True),
    Column("login", Key(40), nullable=False, index=True),
    Column("delegation", Key(40)),
    Column("office", Key(40)),  # chosen for the desk: an office, or a deputation
    Column("scopes", Document(), nullable=False),
    Column("audience", Document(), nullable=False),
    Column("nonce", String(512)),
    Column("subject", Key(80), nullable=False),
    Column("claims", Document()),
    Column("created_at", UTCDateTime, nullable=False, index=True),
    Column("revoked_at", UTCDateTime),
)

codes = Table(
    "codes",
    metadata,
    Column("hash", Key(64), primary_key=True),
    Column("grant", Key(40), nullable=False),
    Column("client", Key(64), nullable=False),
    Column("redirect_uri", String(2000), nullable=False),
    Column("challenge", String(43), nullable=False),
    Column("dpop_jkt", String(43)),
    Column("expires_at", UTCDateTime, nullable=False, index=True),
    Column("used_at", UTCDateTime),
)


async def add_grant(tx: AsyncConnection, grant: Grant) -> None:
    """Store a new grant."""
    await tx.execute(
        insert(grants).values(
            id=grant.id,
            client=grant.client,
            person=grant.person,
            login=grant.login,
            delegation=grant.delegation,
            office=grant.office,
            scopes=sorted(grant.scopes),
            audience=list(grant.audience),
            nonce=grant.nonce,
            subject=grant.subject,
            claims=grant.claims.written(),
            created_at=grant.created_at,
        )
    )


async def find_grant(connection: AsyncConnection, id_: str) -> Grant | None:
    """The grant with this id."""
    return _grant((await connection.execute(select(grants).where(grants.c.id == id_))).first())


async def lock_grant(tx: AsyncConnection, id_: str, *, shared: bool = False) -> Grant | None:
    """The same, and nobody revokes it until the transaction ends; `shared`: others may issue too.

    Locked before any of its refresh tokens, so that no two wait for each other.
    """
    query = select(grants).where(grants.c.id == id_).with_for_update(read=shared)
    return _grant((await tx.execute(query)).first())


def _grant(row: Row[Any] | None) -> Grant | None:
    if row is None:
        return None
    return Grant(
        id=row.id,
        client=row.client,
        person=row.person,
        login=row.login,
        delegation=row.delegation,
        office=row.office,
        scopes=frozenset(row.scopes),
        audience=tuple(row.audience),
        nonce=row.nonce,
        subject=row.subject,
        claims=ClaimsRequest.read(row.claims),
        created_at=row.created_at,
        revoked_at=row.revoked_at,
    )


async def close_grant(tx: AsyncConnection, id_: str, at: datetime) -> bool:
    """Revoke a grant; False when it was revoked before."""
    ended = update(grants).where(grants.c.id == id_, grants.c.revoked_at.is_(None))
    return bool((await tx.execute(ended.values(revoked_at=at))).rowcount)


async def close_grants_of(tx: AsyncConnection, login: str, at: datetime) -> None:
    """Revoke every grant of a login."""
    ended = update(grants).where(grants.c.login == login, grants.c.revoked_at.is_(None))
    await tx.execute(ended.values(revoked_at=at))


async def grants_in(connection: AsyncConnection, person: str, office: str) -> list[str]:
    """A person's grants for one office, or in one deputation, that nobody revoked."""
    query = select(grants.c.id).where(grants.c.person == person, grants.c.office == office)
    return list(await connection.scalars(query.where(grants.c.revoked_at.is_(None))))


async def office_used(connection: AsyncConnection, login: str) -> str | None:
    """The office, or deputation, in which this login went to the desk last."""
    query = select(grants.c.office).where(grants.c.login == login, grants.c.office.is_not(None))
    return await connection.scalar(query.order_by(grants.c.id.desc()).limit(1))


async def open_grants_for(connection: AsyncConnection, person: str, client: str) -> list[str]:
    """The grants by which a client speaks for a person."""
    query = select(grants.c.id).where(
        grants.c.person == person, grants.c.client == client, grants.c.revoked_at.is_(None)
    )
    return list(await connection.scalars(query))


async def clients_of(connection: AsyncConnection, login: str) -> frozenset[str]:
    """The clients that somebody was logged in to."""
    query = select(grants.c.client).where(grants.c.login == login).distinct()
    return frozenset(await connection.scalars(query))


async def add_code(tx: AsyncConnection, hashed: str, code: Code) -> None:
    """Store a new code by its hash."""
    await tx.execute(
        insert(codes).values(
            hash=hashed,
            grant=code.grant,
            client=code.client,
            redirect_uri=code.redirect_uri,
            challenge=code.challenge,
            dpop_jkt=code.dpop_jkt,
            expires_at=code.expires_at,
        )
    )


async def lock_code(tx: AsyncConnection, hashed: str) -> Code | None:
    """The code with this hash; nobody else redeems it until the transaction ends."""
    query = select(codes).where(codes.c.hash == hashed).with_for_update()
    row: Row[Any] | None = (await tx.execute(query)).first()
    if row is None:
        return None
    return Code(
        grant=row.grant,
        client=row.client,
        redirect_uri=row.redirect_uri,
        challenge=row.challenge,
        dpop_jkt=row.dpop_jkt,
        expires_at=row.expires_at,
        used_at=row.used_at,
    )


async def use_code(tx: AsyncConnection, hashed: str, at: datetime) -> None:
    """Store that the code was redeemed."""
    await tx.execute(update(codes).where(codes.c.hash == hashed).values(used_at=at))


async def forget_grants(tx: AsyncConnection, before: datetime) -> None:
    """Drop grants and codes that are older than any token can live."""
    await tx.execute(delete(codes).where(codes.c.expires_at < before))
    await tx.execute(delete(grants).where(grants.c.created_at < before))
