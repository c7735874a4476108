"""Pairwise subject identifiers: what a person is called in one sector, once and for all."""

from sqlalchemy import Column, String, Table, UniqueConstraint, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.store.metadata import metadata
from shared.db import Key

pairwise_subjects = Table(
    "pairwise_subjects",
    metadata,
    Column("subject", Key(80), primary_key=True),
    Column("person", Key(40), nullable=False),
    Column("sector", String(255), nullable=False),
    UniqueConstraint("person", "sector"),
)


async def find_subject(connection: AsyncConnection, person: str, sector: str) -> str | None:
    """What the person is called there, if he ever was."""
    table = pairwise_subjects
    query = select(table.c.subject).where(table.c.person == person, table.c.sector == sector)
    return await connection.scalar(query)


async def put_subject(tx: AsyncConnection, subject: str, person: str, sector: str) -> None:
    """Store the name, unless another was first."""
    dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
    row = {"subject": subject, "person": person, "sector": sector}
    await tx.execute(dialect.insert(pairwise_subjects).values(row).on_conflict_do_nothing())


async def drop_subjects_of(tx: AsyncConnection, person: str) -> None:
    """Forget what a person was called, when the account is closed."""
    await tx.execute(delete(pairwise_subjects).where(pairwise_subjects.c.person == person))
