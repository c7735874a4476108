"""Items, their versions, facets and search terms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalogue.store.tables import (
    departments,
    item_facets,
    item_terms,
    item_versions,
    items,
)
from shared.web import after

_VISIBLE = ("published", "listed", "suspended")


@dataclass(frozen=True)
class ItemFilter:
    """What a list of items is narrowed to; None means any."""

    regions: Sequence[str] | None = None
    department: str | None = None
    audience: str | None = None
    theme: str | None = None
    appliable: bool = False

    def conditions(self) -> list[ColumnElement[bool]]:
        """The WHERE parts of this filter."""
        found: list[ColumnElement[bool]] = [
            items.c.status == "published" if self.appliable else items.c.status.in_(_VISIBLE)
        ]
        if self.regions is not None:
            found.append(items.c.region.in_(self.regions))
        if self.department is not None:
            found.append(items.c.department == self.department)
        for kind, value in (("audience", self.audience), ("theme", self.theme)):
            if value is not None:
                of_kind = and_(item_facets.c.kind == kind, item_facets.c.value == value)
                found.append(items.c.code.in_(select(item_facets.c.code).where(of_kind)))
        return found


class Items:
    """The items of one connection or transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def find(self, code: str) -> Row[Any] | None:
        """The newest version by implementing, local or base code; the first of these that fits."""
        rank = case((items.c.code == code, 0), (items.c.local_code == code, 1), else_=2)
        fits = or_(items.c.code == code, items.c.local_code == code, items.c.base_code == code)
        visible = items.c.status.in_(_VISIBLE)
        found = _full().where(fits, visible).order_by(rank, items.c.code).limit(1)
        result: Row[Any] | None = (await self._connection.execute(found)).one_or_none()
        return result

    async def version(self, code: str, number: int) -> Row[Any, Any, Any] | None:
        """One immutable version."""
        wanted = select(item_versions.c.item, item_versions.c.effective, items.c.status)
        wanted = wanted.join(items, items.c.code == item_versions.c.code)
        wanted = wanted.where(item_versions.c.code == code, item_versions.c.version == number)
        return (await self._connection.execute(wanted)).one_or_none()

    async def page(self, chosen: ItemFilter, behind: str | None, limit: int) -> list[Row[Any]]:
        """Items in the order of their codes."""
        found = _full().where(*chosen.conditions()).order_by(items.c.code).limit(limit)
        if behind is not None:
            found = found.where(after([items.c.code], [behind]))
        return list((await self._connection.execute(found)).all())

    async def by_codes(self, codes: Sequence[str]) -> dict[str, Row[Any]]:
        """Items by implementing code."""
        rows = (await self._connection.execute(_full().where(items.c.code.in_(codes)))).all()
        return {row.code: row for row in rows}

    async def count(self) -> int:
        """How many items can be found."""
        visible = select(func.count()).select_from(items).where(items.c.status.in_(_VISIBLE))
        return await self._connection.scalar(visible) or 0

    async def holders(self, terms: Sequence[str]) -> dict[str, int]:
        """For each term, how many items have it."""
        counted = select(item_terms.c.term, func.count()).where(item_terms.c.term.in_(terms))
        rows = (await self._connection.execute(counted.group_by(item_terms.c.term))).all()
        return {row[0]: row[1] for row in rows}

    async def matches(
        self, terms: Sequence[str], chosen: ItemFilter
    ) -> dict[str, dict[str, float]]:
        """The items that have one of the terms, with the weight of each that they have."""
        found = select(item_terms.c.code, item_terms.c.term, item_terms.c.weight)
        found = found.join(items, items.c.code == item_terms.c.code)
        found = found.where(item_terms.c.term.in_(terms), *chosen.conditions())
        held: dict[str, dict[str, float]] = {}
        for code, term, weight in await self._connection.execute(found):
            held.setdefault(code, {})[term] = weight
        return held

    async def current(self, code: str) -> Row[Any] | None:
        """The row to change, locked until the transaction ends."""
        locked = select(items).where(items.c.code == code).with_for_update()
        return (await self._connection.execute(locked)).one_or_none()

    async def save(self, row: Mapping[str, Any], item: Mapping[str, Any], effective: date) -> None:
        """Store a new version and make it the item's present one."""
        old = await self.current(row["code"])
        if old is None:
            await self._connection.execute(insert(items).values(**row))
        else:
            change = update(items).where(items.c.code == row["code"])
            await self._connection.execute(change.values(**row))
        version = {"code": row["code"], "version": row["version"], "effective": effective}
        await self._connection.execute(insert(item_versions).values(**version, item=item))

    async def withdraw(self, code: str, sequence: int) -> None:
        """Take the item out of every list."""
        change = update(items).where(items.c.code == code)
        await self._connection.execute(change.values(status="withdrawn", sequence=sequence))

    async def index(
        self, code: str, facets: Sequence[tuple[str, str]], terms: Mapping[str, float]
    ) -> None:
        """Replace what the item is found by."""
        for table in (item_facets, item_terms):
            await self._connection.execute(delete(table).where(table.c.code == code))
        if facets:
            rows = [{"kind": kind, "value": value, "code": code} for kind, value in facets]
            await self._connection.execute(insert(item_facets), rows)
        if terms:
            weighted = [{"term": t, "code": code, "weight": w} for t, w in terms.items()]
            await self._connection.execute(insert(item_terms), weighted)


def _full() -> Select[Any]:
    newest = and_(item_versions.c.code == items.c.code, item_versions.c.version == items.c.version)
    return (
        select(items, item_versions.c.item, item_versions.c.effective)
        .add_columns(departments.c.name.label("department_name"), departments.c.contact)
        .join(item_versions, newest)
        .outerjoin(departments, departments.c.code == items.c.department)
    )
