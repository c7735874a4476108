"""Staff of departments: offices, each of one person in one department and region."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Integer,
    Row,
    String,
    Table,
    UniqueConstraint,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.domain.staff import ACTIVE, DEACTIVATED, Staff
from services.identity.store.metadata import metadata
from services.identity.store.people import people
from shared.db import Document, Key, UTCDateTime

staff = Table(
    "staff",
    metadata,
    Column("id", Key(40), primary_key=True),
    Column("person", Key(40), ForeignKey("people.id"), nullable=False),
    Column("department", Key(18), nullable=False, index=True),
    Column("region", Key(12), nullable=False),
    Column("positions", Document(), nullable=False),
    Column("roles", Document(), nullable=False),
    Column("status", String(16), nullable=False),
    Column("ends_at", UTCDateTime, index=True),
    Column("sequence", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", UTCDateTime, nullable=False),
    Column("changed_at", UTCDateTime, nullable=False),
    Column("changed_by", Key(80), nullable=False),
    UniqueConstraint("person", "department", "region", name="uq_staff_person_place"),
)
_s = staff.c


@dataclass(frozen=True, slots=True)
class Held:
    """An office as it lies in the database: whether it counts, and who changed it last."""

    office: Staff
    status: str
    version: int
    changed_at: datetime
    changed_by: str

    @property
    def active(self) -> bool:
        """Whether somebody works in it."""
        return self.status == ACTIVE


async def lock_person(tx: AsyncConnection, person: str) -> None:
    """Nobody else gives this person an office or a role until the transaction ends."""
    await tx.execute(select(people.c.id).where(people.c.id == person).with_for_update())


async def add_staff(
    tx: AsyncConnection, office: Staff, at: datetime, *, by: str, status: str = ACTIVE
) -> None:
    """Store a new office."""
    await tx.execute(
        insert(staff).values(
            id=office.id,
            person=office.person,
            status=status,
            sequence=0,
            version=1,
            created_at=at,
            changed_at=at,
            changed_by=by,
            **_values(office),
        )
    )


async def change_staff(
    tx: AsyncConnection, office: Staff, at: datetime, *, by: str, status: str = ACTIVE
) -> None:
    """Store another department, region, positions, roles, end or status."""
    changed = update(staff).where(_s.id == office.id)
    await tx.execute(
        changed.values(
            **_values(office),
            status=status,
            version=_s.version + 1,
            changed_at=at,
            changed_by=by,
        )
    )


async def find_staff(connection: AsyncConnection, id_: str) -> Held | None:
    """The office with this id, in whatever state."""
    return _held((await connection.execute(select(staff).where(_s.id == id_))).first())


async def lock_staff(tx: AsyncConnection, id_: str) -> Held | None:
    """The same; locked until the transaction ends."""
    query = select(staff).where(_s.id == id_).with_for_update()
    return _held((await tx.execute(query)).first())


async def held_by(connection: AsyncConnection, person: str) -> list[Held]:
    """Every office that a person holds or held, the oldest first."""
    query = select(staff).where(_s.person == person).order_by(_s.id)
    return [_of(row) for row in await connection.execute(query)]


async def offices_of(connection: AsyncConnection, person: str, now: datetime) -> list[Staff]:
    """The offices that a person holds now."""
    found = await held_by(connection, person)
    return [one.office for one in found if one.active and not one.office.over(now)]


async def close_staff(tx: AsyncConnection, id_: str, at: datetime, *, by: str) -> None:
    """Store that the office has ended."""
    ended = update(staff).where(_s.id == id_)
    await tx.execute(
        ended.values(status=DEACTIVATED, version=_s.version + 1, changed_at=at, changed_by=by)
    )


async def over_since(connection: AsyncConnection, now: datetime, limit: int) -> list[str]:
    """Offices whose last day is past and that nobody ended yet."""
    query = select(_s.id).where(_s.status == ACTIVE, _s.ends_at <= now).order_by(_s.ends_at)
    return list(await connection.scalars(query.limit(limit)))


async def list_staff(
    connection: AsyncConnection,
    readable: ColumnElement[bool],
    *,
    filters: Sequence[ColumnElement[bool]] = (),
    behind: str | None = None,
    limit: int,
) -> list[Held]:
    """A page of offices in the order in which they were made."""
    query = select(staff).where(readable, *filters)
    if behind is not None:
        query = query.where(_s.id > behind)
    rows = await connection.execute(query.order_by(_s.id).limit(limit))
    return [_of(row) for row in rows]


def in_place(
    department: str | None, regions: tuple[str, str] | None, status: str | None
) -> list[ColumnElement[bool]]:
    """The filters of a list: department, a region (first and last code), status."""
    found: list[ColumnElement[bool]] = []
    if department:
        found.append(_s.department == department)
    if regions:
        found.append(_s.region.between(*regions))
    if status:
        found.append(_s.status == status)
    return found


def _values(office: Staff) -> dict[str, Any]:
    return {
        "department": office.department,
        "region": office.region,
        "positions": list(office.positions),
        "roles": list(office.roles),
        "ends_at": office.ends_at,
    }


def _held(row: Row[Any] | None) -> Held | None:
    return None if row is None else _of(row)


def _of(row: Row[Any]) -> Held:
    office = Staff(
        row.id,
        row.person,
        row.department,
        row.region,
        tuple(row.positions),
        tuple(row.roles),
        row.ends_at,
    )
    return Held(office, row.status, row.version, row.changed_at, row.changed_by)
