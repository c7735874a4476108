"""Client systems, and the initial access tokens that let one register."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Column, Integer, Row, String, Table, false, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.domain.clients import Client
from services.identity.store.metadata import metadata
from shared.db import Document, Key, UTCDateTime

clients = Table(
    "clients",
    metadata,
    Column("id", Key(64), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("auth_method", String(32), nullable=False),
    Column("secret_hash", String(64)),
    Column("jwks", Document()),
    Column("grant_types", Document(), nullable=False),
    Column("redirect_uris", Document(), nullable=False),
    Column("post_logout_uris", Document(), nullable=False),
    Column("scopes", Document(), nullable=False),
    Column("own_scopes", Document(), nullable=False),
    Column("native", Boolean, nullable=False),
    Column("platform", Boolean, nullable=False),
    Column("dpop_bound_access_tokens", Boolean, nullable=False, server_default=false()),
    Column("backchannel_logout_uri", String(2000)),
    Column("backchannel_logout_session_required", Boolean, nullable=False, server_default=false()),
    Column("tls_client_auth", Document()),
    Column("certificate_bound_access_tokens", Boolean, nullable=False, server_default=false()),
    Column("third_party", Boolean, nullable=False),
    Column("sector", String(255)),
    Column("require_par", Boolean, nullable=False),
    Column("department", Key(18)),
    Column("region", Key(12)),
    Column("sequence", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", UTCDateTime, nullable=False),
    Column("changed_at", UTCDateTime, nullable=False),
)

initial_access_tokens = Table(
    "initial_access_tokens",
    metadata,
    Column("hash", Key(64), primary_key=True),
    Column("scopes", Document(), nullable=False),
    Column("created_at", UTCDateTime, nullable=False),
    Column("expires_at", UTCDateTime),
)


async def find_client(connection: AsyncConnection, client: str) -> Client | None:
    """The client with this id."""
    row = (await connection.execute(select(clients).where(clients.c.id == client))).first()
    return None if row is None else _read(row)


async def find_clients(connection: AsyncConnection, ids: Collection[str]) -> Mapping[str, Client]:
    """The clients with these ids."""
    rows = await connection.execute(select(clients).where(clients.c.id.in_(ids)))
    return {row.id: _read(row) for row in rows}


async def put_client(tx: AsyncConnection, client: Client, at: datetime) -> bool:
    """Store a client as it is now; False when nothing was new."""
    known = await find_client(tx, client.id)
    if known == client:
        return False
    values = _values(client) | {"changed_at": at}
    if known is None:
        await tx.execute(insert(clients).values(sequence=0, version=1, created_at=at, **values))
    else:
        changed = update(clients).where(clients.c.id == client.id)
        await tx.execute(changed.values(version=clients.c.version + 1, **values))
    return True


async def initial_scopes(
    connection: AsyncConnection, token_hash: str, now: datetime
) -> frozenset[str] | None:
    """What clients registered with this initial access token may ask for; None: no such token."""
    table = initial_access_tokens
    row = (await connection.execute(select(table).where(table.c.hash == token_hash))).first()
    if row is None or (row.expires_at is not None and row.expires_at <= now):
        return None
    return frozenset(row.scopes)


async def put_initial_token(
    tx: AsyncConnection, token_hash: str, scopes: frozenset[str], at: datetime
) -> None:
    """Store an initial access token, unless it is there already."""
    table = initial_access_tokens
    if await initial_scopes(tx, token_hash, at) is None:
        row = {"hash": token_hash, "scopes": sorted(scopes), "created_at": at}
        await tx.execute(insert(table).values(row))


def _values(client: Client) -> dict[str, Any]:
    return {
        "id": client.id,
        "name": client.name,
        "auth_method": client.auth_method,
        "secret_hash": client.secret_hash,
        "jwks": client.jwks,
        "grant_types": sorted(client.grant_types),
        "redirect_uris": list(client.redirect_uris),
        "post_logout_uris": list(client.post_logout_uris),
        "scopes": sorted(client.scopes),
        "own_scopes": sorted(client.own_scopes),
        "native": client.native,
        "platform": client.platform,
        "dpop_bound_access_tokens": client.dpop_bound_access_tokens,
        "backchannel_logout_uri": client.backchannel_logout_uri,
        "backchannel_logout_session_required": client.backchannel_logout_session_required,
        "tls_client_auth": client.tls_client_auth,
        "certificate_bound_access_tokens": client.certificate_bound_access_tokens,
        "third_party": client.third_party,
        "sector": client.sector,
        "require_par": client.require_par,
        "department": client.department,
        "region": client.region,
    }


def _read(row: Row[Any]) -> Client:
    return Client(
        id=row.id,
        name=row.name,
        auth_method=row.auth_method,
        secret_hash=row.secret_hash,
        jwks=row.jwks,
        grant_types=frozenset(row.grant_types),
        redirect_uris=tuple(row.redirect_uris),
        post_logout_uris=tuple(row.post_logout_uris),
        scopes=frozenset(row.scopes),
        own_scopes=frozenset(row.own_scopes),
        native=row.native,
        platform=row.platform,
        dpop_bound_access_tokens=row.dpop_bound_access_tokens,
        backchannel_logout_uri=row.backchannel_logout_uri,
        backchannel_logout_session_required=row.backchannel_logout_session_required,
        tls_client_auth=row.tls_client_auth,
        certificate_bound_access_tokens=row.certificate_bound_access_tokens,
        third_party=row.third_party,
        sector=row.sector,
        require_par=row.require_par,
        department=row.department,
        region=row.region,
    )
