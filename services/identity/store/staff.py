"""Staff of departments."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Integer, Row, String, Table, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.domain.staff import Staff
from services.identity.store.metadata import metadata
from shared.db import Document, Key, UTCDateTime

staff = Table(
    "staff",
    metadata,
    Column("id", Key(40), primary_key=True),
    Column("person", Key(40), ForeignKey("people.id"), nullable=False, unique=True),
    Column("department", Key(18), nullable=False, index=True),
    Column("region", Key(12), nullable=False),
    Column("positions", Document(), nullable=False),
    Column("roles", Document(), nullable=False),
    Column("status", String(16), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", UTCDateTime, nullable=False),
    Column("changed_at", UTCDateTime, nullable=False),
)


async def add_staff(tx: AsyncConnection, office: Staff, at: datetime) -> None:
    """Store a new office."""
    await tx.execute(
        insert(staff).values(
            id=office.id,
            person=office.person,
            status="active",
            sequence=0,
            version=1,
            created_at=at,
            changed_at=at,
            **_values(office),
        )
    )


async def change_staff(tx: AsyncConnection, office: Staff, at: datetime) -> None:
    """Store another department, region, positions or roles."""
    changed = update(staff).where(staff.c.id == office.id)
    await tx.execute(
        changed.values(
            **_values(office), status="active", version=staff.c.version + 1, changed_at=at
        )
    )


async def staff_of(connection: AsyncConnection, person: str) -> Staff | None:
    """The office that a person holds now."""
    query = select(staff).where(staff.c.person == person, staff.c.status == "active")
    row = (await connection.execute(query)).first()
    return None if row is None else _read(row)


async def office_of(tx: AsyncConnection, person: str) -> tuple[Staff, bool] | None:
    """The office that a person holds or held, and whether it is active; locked."""
    query = select(staff).where(staff.c.person == person).with_for_update()
    row = (await tx.execute(query)).first()
    return None if row is None else (_read(row), row.status == "active")


async def lock_staff(tx: AsyncConnection, id_: str) -> tuple[Staff, bool] | None:
    """An office and whether it is active; locked until the transaction ends."""
    row = (await tx.execute(select(staff).where(staff.c.id == id_).with_for_update())).first()
    return None if row is None else (_read(row), row.status == "active")


async def close_staff(tx: AsyncConnection, id_: str, at: datetime) -> None:
    """Store that the office has ended."""
    ended = update(staff).where(staff.c.id == id_)
    await tx.execute(ended.values(status="deactivated", version=staff.c.version + 1, changed_at=at))


def _values(office: Staff) -> dict[str, Any]:
    return {
        "department": office.department,
        "region": office.region,
        "positions": list(office.positions),
        "roles": list(office.roles),
    }


def _read(row: Row[Any]) -> Staff:
    return Staff(
        row.id, row.person, row.department, row.region, tuple(row.positions), tuple(row.roles)
    )
