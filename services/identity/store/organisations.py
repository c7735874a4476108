"""Organisations (legal persons) by their unified social credit code."""

from datetime import datetime

from sqlalchemy import Column, ForeignKey, Integer, Row, String, Table, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.store.metadata import metadata
from shared.db import Key, UTCDateTime

organisations = Table(
    "organisations",
    metadata,
    Column("id", Key(40), primary_key=True),
    Column("code", Key(18), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("legal_representative", Key(40), ForeignKey("people.id")),
    Column("status", String(16), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", UTCDateTime, nullable=False),
    Column("changed_at", UTCDateTime, nullable=False),
)

Organisation = Row[tuple[str, str, str, str | None, str, int, int, datetime, datetime]]


async def add_organisation(
    tx: AsyncConnection,
    organisation: str,
    *,
    code: str,
    name: str,
    legal_representative: str | None,
    at: datetime,
) -> None:
    """Store a new organisation."""
    await tx.execute(
        insert(organisations).values(
            id=organisation,
            code=code,
            name=name,
            legal_representative=legal_representative,
            status="active",
            sequence=0,
            version=1,
            created_at=at,
            changed_at=at,
        )
    )


async def change_organisation(
    tx: AsyncConnection,
    organisation: str,
    *,
    name: str,
    legal_representative: str | None,
    at: datetime,
) -> None:
    """Store what the register says now."""
    await tx.execute(
        update(organisations)
        .where(organisations.c.id == organisation)
        .values(
            name=name,
            legal_representative=legal_representative,
            version=organisations.c.version + 1,
            changed_at=at,
        )
    )


async def find_organisation(connection: AsyncConnection, organisation: str) -> Organisation | None:
    """The organisation with this id."""
    query = select(organisations).where(organisations.c.id == organisation)
    return (await connection.execute(query)).first()


async def organisation_by_code(connection: AsyncConnection, code: str) -> Organisation | None:
    """The organisation with this unified social credit code."""
    query = select(organisations).where(organisations.c.code == code)
    return (await connection.execute(query)).first()
