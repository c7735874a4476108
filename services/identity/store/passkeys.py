"""Passkeys (WebAuthn credentials): public keys of a person's devices."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    LargeBinary,
    Row,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.store.metadata import metadata
from shared.db import Key, UTCDateTime

passkeys = Table(
    "passkeys",
    metadata,
    Column("id", Key(40), primary_key=True),
    Column("person", Key(40), ForeignKey("people.id"), nullable=False, index=True),
    Column("credential", LargeBinary, nullable=False),
    Column("credential_hash", Key(64), nullable=False, unique=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("synced", Boolean, nullable=False),
    Column("name", String(60), nullable=False),
    Column("created_at", UTCDateTime, nullable=False),
    Column("used_at", UTCDateTime),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """One credential; `synced`: it may be on several devices of its owner."""

    id: str
    person: str
    credential: bytes
    public_key: bytes
    sign_count: int
    synced: bool
    name: str
    created_at: datetime
    used_at: datetime | None = None


async def add_passkey(tx: AsyncConnection, passkey: Passkey) -> None:
    """Store a new credential."""
    await tx.execute(
        insert(passkeys).values(
            id=passkey.id,
            person=passkey.person,
            credential=passkey.credential,
            credential_hash=_hash(passkey.credential),
            public_key=passkey.public_key,
            sign_count=passkey.sign_count,
            synced=passkey.synced,
            name=passkey.name,
            created_at=passkey.created_at,
        )
    )


async def lock_passkey(tx: AsyncConnection, credential: bytes) -> Passkey | None:
    """The passkey with this credential id; its counter is nobody else's until the end."""
    query = select(passkeys).where(passkeys.c.credential_hash == _hash(credential))
    row = (await tx.execute(query.with_for_update())).first()
    return None if row is None else _passkey(row)


async def passkeys_of(connection: AsyncConnection, person: str) -> list[Passkey]:
    """A person's passkeys, the oldest first."""
    query = select(passkeys).where(passkeys.c.person == person).order_by(passkeys.c.id)
    return [_passkey(row) for row in await connection.execute(query)]


async def count_passkeys(connection: AsyncConnection, person: str) -> int:
    """How many there are."""
    query = select(func.count()).select_from(passkeys).where(passkeys.c.person == person)
    return int(await connection.scalar(query) or 0)


async def used_passkey(tx: AsyncConnection, id_: str, sign_count: int, at: datetime) -> None:
    """Store a use with the counter that the authenticator told."""
    used = update(passkeys).where(passkeys.c.id == id_)
    await tx.execute(used.values(sign_count=sign_count, used_at=at))


async def rename_passkey(tx: AsyncConnection, person: str, id_: str, name: str) -> bool:
    """Give it another name; False when the person has no such passkey."""
    named = update(passkeys).where(passkeys.c.id == id_, passkeys.c.person == person)
    return bool((await tx.execute(named.values(name=name))).rowcount)


async def remove_passkey(tx: AsyncConnection, person: str, id_: str) -> bool:
    """Forget it; False when the person has no such passkey."""
    gone = delete(passkeys).where(passkeys.c.id == id_, passkeys.c.person == person)
    return bool((await tx.execute(gone)).rowcount)


def _hash(credential: bytes) -> str:
    return hashlib.sha256(credential).hexdigest()


def _passkey(row: Row[Any]) -> Passkey:
    return Passkey(
        id=row.id,
        person=row.person,
        credential=row.credential,
        public_key=row.public_key,
        sign_count=row.sign_count,
        synced=row.synced,
        name=row.name,
        created_at=row.created_at,
        used_at=row.used_at,
    )
