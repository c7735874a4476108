"""Roles as they were changed or added; those that nobody touched are the delivered ones."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Column, Integer, Row, String, Table, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.domain.roles import DELIVERED, Role, Roles
from services.identity.store.metadata import metadata
from shared.db import Document, Key, UTCDateTime

staff_roles = Table(
    "staff_roles",
    metadata,
    Column("id", Key(40), primary_key=True),
    Column("zh", String(60), nullable=False),
    Column("en", String(60), nullable=False),
    Column("scopes", Document(), nullable=False),
    Column("conflicts", Document(), nullable=False),
    Column("passes", Boolean, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("changed_by", Key(80), nullable=False),
    Column("changed_at", UTCDateTime, nullable=False),
)


async def all_roles(connection: AsyncConnection) -> Roles:
    """Every role by its code."""
    rows = (await connection.execute(select(staff_roles))).all()
    return {**DELIVERED, **{row.id: _read(row) for row in rows}}


async def last_change(tx: AsyncConnection, code: str) -> tuple[int, str, datetime | None]:
    """Version, who and when of the last change; locked. Version 0: nobody changed it yet."""
    query = select(staff_roles).where(staff_roles.c.id == code).with_for_update()
    row = (await tx.execute(query)).first()
    return (0, "", None) if row is None else (row.version, row.changed_by, row.changed_at)


async def put_role(tx: AsyncConnection, role: Role, *, by: str, at: datetime) -> Role:
    """Store a role, new or instead of what it was; the next version of it."""
    values: dict[str, Any] = {
        "zh": role.zh,
        "en": role.en,
        "scopes": sorted(role.scopes),
        "conflicts": sorted(role.conflicts),
        "passes": role.passes,
        "changed_by": by,
        "changed_at": at,
    }
    change = update(staff_roles).where(staff_roles.c.id == role.code)
    done = await tx.execute(change.values(version=staff_roles.c.version + 1, **values))
    if not done.rowcount:
        await tx.execute(insert(staff_roles).values(id=role.code, sequence=0, version=1, **values))
    return (await all_roles(tx))[role.code]


def _read(row: Row[Any]) -> Role:
    return Role(
        code=row.id,
        zh=row.zh,
        en=row.en,
        scopes=frozenset(row.scopes),
        conflicts=frozenset(row.conflicts),
        passes=row.passes,
        version=row.version,
    )
