"""Our copies of item versions: announced by events, their text fetched once, then pinned."""

from datetime import date
from typing import Any

from sqlalchemy import null, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from services.cases.domain.item import PinnedItem
from services.cases.store.tables import item_states, item_versions

_v, _s = item_versions.c, item_states.c


async def announce(tx: AsyncConnection, code: str, version: int, effective: date) -> None:
    """A version is said to exist; its text may follow."""
    dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
    add = dialect.insert(item_versions).values(
        code=code, version=version, effective=effective, item=null()
    )
    await tx.execute(add.on_conflict_do_nothing())


async def set_state(tx: AsyncConnection, code: str, status: str) -> None:
    """Whether the item can be applied for now."""
    dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
    add = dialect.insert(item_states).values(code=code, status=status)
    await tx.execute(add.on_conflict_do_update(index_elements=[_s.code], set_={"status": status}))


async def learn_state(tx: AsyncConnection, code: str, status: str) -> None:
    """The same as the catalogue answered it; an event that told of it came later, and stays."""
    dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
    add = dialect.insert(item_states).values(code=code, status=status)
    await tx.execute(add.on_conflict_do_nothing())


async def keep(tx: AsyncConnection, code: str, version: int, item: dict[str, Any]) -> None:
    """Store the text of an announced version; it never changes again."""
    change = update(item_versions).where(_v.code == code, _v.version == version)
    await tx.execute(change.where(_v.item.is_(None)).values(item=item))


async def state(connection: AsyncConnection, code: str) -> str | None:
    """The item's status as last told, or None when we do not know the item."""
    return await connection.scalar(select(_s.status).where(_s.code == code))


async def in_force(
    connection: AsyncConnection, code: str, day: date
) -> tuple[int, PinnedItem | None] | None:
    """The newest version in force on a day, with its text where we have it."""
    query = select(item_versions).where(_v.code == code, _v.effective <= day)
    row = (await connection.execute(query.order_by(_v.version.desc()).limit(1))).one_or_none()
    if row is None:
        return None
    return row.version, PinnedItem(code, row.version, row.item) if row.item is not None else None


async def first_day(connection: AsyncConnection, code: str) -> date | None:
    """The first day on which any version is in force."""
    query = select(_v.effective).where(_v.code == code).order_by(_v.effective).limit(1)
    return await connection.scalar(query)


async def pinned(connection: AsyncConnection, code: str, version: int) -> PinnedItem:
    """The version that a case was started with."""
    query = select(_v.item).where(_v.code == code, _v.version == version)
    return PinnedItem(code, version, (await connection.execute(query)).scalar_one())
