"""Proofs of who people are, and codes that wait to come back."""

from datetime import datetime

from sqlalchemy import Column, ForeignKey, Integer, String, Table, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.domain.proofs import MOST_TRIES, Evidence
from services.identity.store.metadata import metadata
from shared.db import Key, UTCDateTime

proofs = Table(
    "proofs",
    metadata,
    Column("id", Key(40), primary_key=True),
    Column("person", Key(40), ForeignKey("people.id"), nullable=False, index=True),
    Column("means", String(16), nullable=False),
    Column("level", Integer, nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Column("by", Key(64), nullable=False),
    Column("basis", String(200), nullable=False),
    Column("reference", String(200), nullable=False),
)

confirmations = Table(
    "confirmations",
    metadata,
    Column("person", Key(40), ForeignKey("people.id"), primary_key=True),
    Column("code_hash", Key(64), nullable=False),
    Column("until", UTCDateTime, nullable=False, index=True),
    Column("tries", Integer, nullable=False),
)


async def add_proof(tx: AsyncConnection, proof: Evidence) -> None:
    """Keep a proof."""
    await tx.execute(
        insert(proofs).values(
            id=proof.id,
            person=proof.person,
            means=proof.means,
            level=proof.level,
            at=proof.at,
            by=proof.by,
            basis=proof.basis,
            reference=proof.reference,
        )
    )


async def proofs_of(connection: AsyncConnection, person: str) -> list[Evidence]:
    """A person's proofs, oldest first."""
    query = select(proofs).where(proofs.c.person == person).order_by(proofs.c.id)
    return [
        Evidence(
            id=row.id,
            person=row.person,
            means=row.means,
            level=row.level,
            at=row.at,
            by=row.by,
            basis=row.basis,
            reference=row.reference,
        )
        for row in await connection.execute(query)
    ]


async def put_confirmation(
    tx: AsyncConnection, person: str, code_hash: str, until: datetime
) -> None:
    """Wait for a code; an earlier one is good no more."""
    await forget_confirmation(tx, person)
    row = {"person": person, "code_hash": code_hash, "until": until, "tries": 0}
    await tx.execute(insert(confirmations).values(row))


async def try_confirmation(tx: AsyncConnection, person: str, code_hash: str, now: datetime) -> bool:
    """Whether it is the code; each try counts, and the right one is used up."""
    table = confirmations
    tried = update(table).where(table.c.person == person).values(tries=table.c.tries + 1)
    row = (await tx.execute(tried.returning(table))).first()
    good = (
        row is not None
        and row.tries <= MOST_TRIES
        and row.until > now
        and row.code_hash == code_hash
    )
    if good:
        await forget_confirmation(tx, person)
    return good


async def forget_confirmation(tx: AsyncConnection, person: str) -> None:
    """Wait no more."""
    await tx.execute(delete(confirmations).where(confirmations.c.person == person))


async def forget_confirmations(tx: AsyncConnection, now: datetime) -> None:
    """Drop codes that are over."""
    await tx.execute(delete(confirmations).where(confirmations.c.until < now))
