"""Regions and departments."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, Table, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalogue.store.tables import departments, regions

_DEEPEST = 6


class Places:
    """The regions and departments of one connection or transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def region(self, code: str) -> Row[Any] | None:
        """One region."""
        return await self._one(regions, code)

    async def department(self, code: str) -> Row[Any] | None:
        """One department."""
        return await self._one(departments, code)

    async def regions(self) -> list[Row[Any]]:
        """Every region, in the order of the codes: a province's come before its cities'."""
        return list(
            (await self._connection.execute(select(regions).order_by(regions.c.code))).all()
        )

    async def departments(self, region: str | None = None) -> list[Row[Any]]:
        """The departments, of one region or of all."""
        rows = select(departments).order_by(departments.c.code)
        if region is not None:
            rows = rows.where(departments.c.region == region)
        return list((await self._connection.execute(rows)).all())

    async def save(self, table: Table, row: Mapping[str, Any]) -> int | None:
        """Store a region or department; its new sequence, or None when nothing changed."""
        locked = select(table).where(table.c.code == row["code"]).with_for_update()
        old = (await self._connection.execute(locked)).one_or_none()
        if old is None:
            await self._connection.execute(insert(table).values(**row, sequence=1))
            return 1
        if all(old._mapping[name] == value for name, value in row.items()):
            return None
        sequence: int = old.sequence + 1
        change = update(table).where(table.c.code == row["code"])
        await self._connection.execute(change.values(**row, sequence=sequence))
        return sequence

    async def lineage(self, code: str) -> list[str]:
        """The region and those above it: whose items its people may use."""
        above = [code]
        while len(above) < _DEEPEST:
            row = await self._one(regions, above[-1])
            if row is None or row.parent is None:
                break
            above.append(row.parent)
        return above

    async def below(self, code: str) -> list[str]:
        """The regions under this one, at every depth."""
        found, level = [], [code]
        for _ in range(_DEEPEST):
            under = select(regions.c.code).where(regions.c.parent.in_(level))
            level = list((await self._connection.scalars(under)).all())
            if not level:
                break
            found += level
        return found

    async def _one(self, table: Table, code: str) -> Row[Any] | None:
        found = select(table).where(table.c.code == code)
        return (await self._connection.execute(found)).one_or_none()
