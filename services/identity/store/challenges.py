"""What somebody was asked and has not answered yet: a code, a second proof, a scan."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Integer, Row, String, Table, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.store.metadata import metadata
from shared.db import Document, Key, UTCDateTime

challenges = Table(
    "challenges",
    metadata,
    Column("id", Key(64), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("person", Key(40), index=True),
    Column("data", Document(), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("created_at", UTCDateTime, nullable=False),
    Column("expires_at", UTCDateTime, nullable=False, index=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """A question to one browser; `person` is None when nobody can answer it right."""

    id: str
    kind: str
    person: str | None
    data: dict[str, Any]
    tries: int = 0
    created_at: datetime
    expires_at: datetime


async def put_challenge(tx: AsyncConnection, challenge: Challenge) -> None:
    """Ask; an earlier question of the same kind to the same browser is void."""
    await drop_challenge(tx, challenge.id)
    await tx.execute(
        insert(challenges).values(
            id=challenge.id,
            kind=challenge.kind,
            person=challenge.person,
            data=challenge.data,
            tries=challenge.tries,
            created_at=challenge.created_at,
            expires_at=challenge.expires_at,
        )
    )


async def find_challenge(
    connection: AsyncConnection, id_: str, now: datetime, *, lock: bool = False
) -> Challenge | None:
    """The question with this id that still waits; `lock`: nobody else answers it meanwhile."""
    query = select(challenges).where(challenges.c.id == id_, challenges.c.expires_at > now)
    found = await connection.execute(query.with_for_update() if lock else query)
    row: Row[Any] | None = found.first()
    if row is None:
        return None
    return Challenge(
        id=row.id,
        kind=row.kind,
        person=row.person,
        data=row.data,
        tries=row.tries,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )


async def change_challenge(
    tx: AsyncConnection, id_: str, *, data: dict[str, Any], person: str | None
) -> None:
    """Store how far the answer has come."""
    changed = update(challenges).where(challenges.c.id == id_)
    await tx.execute(changed.values(data=data, person=person))


async def count_try(tx: AsyncConnection, id_: str) -> None:
    """One more answer was given."""
    counted = update(challenges).where(challenges.c.id == id_)
    await tx.execute(counted.values(tries=challenges.c.tries + 1))


async def drop_challenge(tx: AsyncConnection, id_: str) -> bool:
    """Ask no more; False when it was answered already."""
    return bool((await tx.execute(delete(challenges).where(challenges.c.id == id_))).rowcount)


async def forget_challenges(tx: AsyncConnection, now: datetime) -> None:
    """Drop what nobody answered."""
    await tx.execute(delete(challenges).where(challenges.c.expires_at < now))
