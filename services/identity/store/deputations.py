"""Deputies: who fills whose office during an absence."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Integer, Row, Table, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.domain.deputations import Deputation
from services.identity.store.metadata import metadata
from shared.db import Document, Key, UTCDateTime

deputations = Table(
    "deputations",
    metadata,
    Column("id", Key(40), primary_key=True),
    Column("office", Key(40), ForeignKey("staff.id"), nullable=False, index=True),
    Column("deputy", Key(40), ForeignKey("staff.id"), nullable=False, index=True),
    Column("roles", Document(), nullable=False),
    Column("begins_at", UTCDateTime, nullable=False),
    Column("ends_at", UTCDateTime, nullable=False, index=True),
    Column("granted_by", Key(80), nullable=False),
    Column("granted_at", UTCDateTime, nullable=False),
    Column("ended_by", Key(80)),
    Column("ended_at", UTCDateTime),
    Column("sequence", Integer, nullable=False),
)
_d = deputations.c


async def add_deputation(tx: AsyncConnection, made: Deputation, *, by: str, at: datetime) -> None:
    """Store a new deputation."""
    await tx.execute(
        insert(deputations).values(
            id=made.id,
            office=made.office,
            deputy=made.deputy,
            roles=list(made.roles),
            begins_at=made.begins_at,
            ends_at=made.ends_at,
            granted_by=by,
            granted_at=at,
            sequence=0,
        )
    )


async def lock_deputation(tx: AsyncConnection, id_: str) -> Deputation | None:
    """The deputation with this id; locked until the transaction ends."""
    query = select(deputations).where(_d.id == id_).with_for_update()
    row = (await tx.execute(query)).first()
    return None if row is None else _read(row)


async def find_deputation(connection: AsyncConnection, id_: str) -> Deputation | None:
    """The deputation with this id."""
    row = (await connection.execute(select(deputations).where(_d.id == id_))).first()
    return None if row is None else _read(row)


async def close_deputation(tx: AsyncConnection, id_: str, *, by: str, at: datetime) -> None:
    """Store its end."""
    ended = update(deputations).where(_d.id == id_)
    await tx.execute(ended.values(ended_by=by, ended_at=at))


async def open_around(connection: AsyncConnection, office: str) -> list[Deputation]:
    """Those not ended yet in which an office is absent, or its holder the deputy."""
    touching = or_(_d.office == office, _d.deputy == office)
    query = select(deputations).where(touching, _d.ended_at.is_(None)).order_by(_d.id)
    return [_read(row) for row in await connection.execute(query)]


async def around(connection: AsyncConnection, office: str, limit: int) -> list[Deputation]:
    """The same with those that have ended, the newest first."""
    touching = or_(_d.office == office, _d.deputy == office)
    query = select(deputations).where(touching).order_by(_d.id.desc()).limit(limit)
    return [_read(row) for row in await connection.execute(query)]


async def over_since(connection: AsyncConnection, now: datetime, limit: int) -> list[str]:
    """Those whose time is over and whose end nobody was told yet."""
    query = select(_d.id).where(_d.ended_at.is_(None), _d.ends_at <= now).order_by(_d.ends_at)
    return list(await connection.scalars(query.limit(limit)))


def _read(row: Row[Any]) -> Deputation:
    return Deputation(
        id=row.id,
        office=row.office,
        deputy=row.deputy,
        roles=tuple(row.roles),
        begins_at=row.begins_at,
        ends_at=row.ends_at,
        ended_at=row.ended_at,
    )
