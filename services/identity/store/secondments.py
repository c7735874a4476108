"""Resident staff (驻厅人员): offices that a department sends into a region's hall for a time."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    Row,
    Select,
    Table,
    and_,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.domain.secondments import Secondment
from services.identity.store.metadata import metadata
from shared.db import Key, UTCDateTime

secondments = Table(
    "secondments",
    metadata,
    Column("id", Key(40), primary_key=True),
    Column("office", Key(40), ForeignKey("staff.id"), nullable=False, index=True),
    Column("hall_department", Key(18), nullable=False),
    Column("hall_region", Key(12), nullable=False),
    Column("begins_at", UTCDateTime, nullable=False),
    Column("ends_at", UTCDateTime, nullable=False, index=True),
    Column("granted_by", Key(80), nullable=False),
    Column("granted_at", UTCDateTime, nullable=False),
    Column("ended_by", Key(80)),
    Column("ended_at", UTCDateTime),
    Column("sequence", Integer, nullable=False),
)
_r = secondments.c
Index("ix_secondments_hall", _r.hall_department, _r.hall_region)


async def add_secondment(tx: AsyncConnection, made: Secondment, *, by: str, at: datetime) -> None:
    """Store a new secondment."""
    await tx.execute(
        insert(secondments).values(
            id=made.id,
            office=made.office,
            hall_department=made.hall_department,
            hall_region=made.hall_region,
            begins_at=made.begins_at,
            ends_at=made.ends_at,
            granted_by=by,
            granted_at=at,
            sequence=0,
        )
    )


async def lock_secondment(tx: AsyncConnection, id_: str) -> Secondment | None:
    """The secondment with this id; locked until the transaction ends."""
    query = select(secondments).where(_r.id == id_).with_for_update()
    row = (await tx.execute(query)).first()
    return None if row is None else _read(row)


async def close_secondment(tx: AsyncConnection, id_: str, *, by: str, at: datetime) -> None:
    """Store its end."""
    ended = update(secondments).where(_r.id == id_)
    await tx.execute(ended.values(ended_by=by, ended_at=at))


async def open_of(connection: AsyncConnection, office: str) -> list[Secondment]:
    """An office's secondments that have not ended."""
    query = select(secondments).where(_r.office == office, _r.ended_at.is_(None))
    return [_read(row) for row in await connection.execute(query.order_by(_r.id))]


async def of_hall(
    connection: AsyncConnection, department: str, region: str, behind: str | None, limit: int
) -> list[Secondment]:
    """A page of who is sent into a hall and was not called back yet."""
    query = select(secondments).where(
        _r.hall_department == department, _r.hall_region == region, _r.ended_at.is_(None)
    )
    if behind is not None:
        query = query.where(_r.id > behind)
    return [_read(row) for row in await connection.execute(query.order_by(_r.id).limit(limit))]


def resident_in(department: str, region: str) -> Select[tuple[str]]:
    """The offices in a hall, for a filter."""
    here = and_(_r.hall_department == department, _r.hall_region == region)
    return select(_r.office).where(here, _r.ended_at.is_(None))


async def halls_of(connection: AsyncConnection, office: str) -> frozenset[tuple[str, str]]:
    """The halls, by department and region, in which an office is resident or will be."""
    found = await open_of(connection, office)
    return frozenset((one.hall_department, one.hall_region) for one in found)


async def over_since(connection: AsyncConnection, now: datetime, limit: int) -> list[str]:
    """Those whose time is over and whose end nobody was told yet."""
    query = select(_r.id).where(_r.ended_at.is_(None), _r.ends_at <= now).order_by(_r.ends_at)
    return list(await connection.scalars(query.limit(limit)))


def _read(row: Row[Any]) -> Secondment:
    return Secondment(
        id=row.id,
        office=row.office,
        hall_department=row.hall_department,
        hall_region=row.hall_region,
        begins_at=row.begins_at,
        ends_at=row.ends_at,
        ended_at=row.ended_at,
    )
