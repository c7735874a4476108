"""Devices that wait for a person to confirm them elsewhere; both codes under hashes."""

import re
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Integer, Row, String, Table, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.domain.device_codes import DeviceRequest
from services.identity.store.metadata import metadata
from shared.db import Document, Key, UTCDateTime

device_codes = Table(
    "device_codes",
    metadata,
    Column("id", Key(64), primary_key=True),
    Column("user_code", Key(64), nullable=False, unique=True),
    Column("client", Key(64), nullable=False),
    Column("scopes", Document(), nullable=False),
    Column("audience", Document(), nullable=False),
    Column("state", String(8), nullable=False),
    Column("grant", Key(40)),
    Column("interval", Integer, nullable=False),
    Column("polled_at", UTCDateTime),
    Column("expires_at", UTCDateTime, nullable=False, index=True),
)


_CHALLENGE = re.compile("[0-9a-f]{43}")


async def add_device(tx: AsyncConnection, user_code: str, asked: DeviceRequest) -> None:
    """Store a device that begins to wait."""
    row = {
        "id": asked.id,
        "user_code": user_code,
        "client": asked.client,
        "scopes": sorted(asked.scopes),
        "audience": list(asked.audience),
        "state": asked.state,
        "interval": asked.interval,
        "expires_at": asked.expires_at,
    }
    await tx.execute(insert(device_codes).values(row))


async def waiting_device(
    connection: AsyncConnection, user_code: str, now: datetime
) -> DeviceRequest | None:
    """The device that waits under this user code."""
    table = device_codes
    query = select(table).where(
        table.c.user_code == user_code, table.c.state == "pending", table.c.expires_at > now
    )
    return _read((await connection.execute(query)).first())


async def lock_device(tx: AsyncConnection, id_: str) -> DeviceRequest | None:
    """The device with this device code; nobody else changes it until the transaction ends."""
    query = select(device_codes).where(device_codes.c.id == id_).with_for_update()
    return _read((await tx.execute(query)).first())


async def device_of_challenge(tx: AsyncConnection, challenge: str) -> DeviceRequest | None:
    """The device that an authorization was made for, locked."""
    if not _CHALLENGE.fullmatch(challenge):
        return None
    begins = device_codes.c.id.like(f"{challenge}%")
    query = select(device_codes).where(begins).with_for_update()
    return _read((await tx.execute(query)).first())


async def decide_device(
    tx: AsyncConnection, id_: str, state: str, grant: str | None = None
) -> bool:
    """Deny or approve a device that waits; False when it waits no longer."""
    table = device_codes
    done = update(table).where(table.c.id == id_, table.c.state == "pending")
    return bool((await tx.execute(done.values(state=state, grant=grant))).rowcount)


async def use_device(tx: AsyncConnection, id_: str) -> None:
    """Its tokens were fetched."""
    done = update(device_codes).where(device_codes.c.id == id_)
    await tx.execute(done.values(state="used"))


async def polled(tx: AsyncConnection, id_: str, at: datetime, interval: int) -> None:
    """Remember when it asked, and how long it shall wait before it asks again."""
    done = update(device_codes).where(device_codes.c.id == id_)
    await tx.execute(done.values(polled_at=at, interval=interval))


async def forget_device_codes(tx: AsyncConnection, before: datetime) -> None:
    """Drop what ended before this moment."""
    await tx.execute(delete(device_codes).where(device_codes.c.expires_at < before))


def _read(row: Row[Any] | None) -> DeviceRequest | None:
    if row is None:
        return None
    return DeviceRequest(
        id=row.id,
        client=row.client,
        scopes=frozenset(row.scopes),
        audience=tuple(row.audience),
        state=row.state,
        grant=row.grant,
        interval=row.interval,
        polled_at=row.polled_at,
        expires_at=row.expires_at,
    )
