"""Bringing stored rows over to the active keys, batch by batch, while the service runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, Table, select, tuple_, update

from shared.crypto.fields import FieldCipher
from shared.db import Database


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column that holds sealed fields, and the one that holds their blind index, if any."""

    field: str
    column: str
    index: str | None = None


@dataclass(frozen=True, slots=True)
class SealedTable:
    """A table with sealed columns; `key`: the columns of the row's id, slashes between them."""

    table: Table
    columns: tuple[SealedColumn, ...]
    key: tuple[str, ...] = ("id",)

    def row_id(self, row: RowMapping) -> str:
        """The id to which the row's fields are sealed."""
        return "/".join(str(row[name]) for name in self.key)


async def reseal(
    db: Database, sealed: SealedTable, cipher: FieldCipher, *, batch: int = 200
) -> int:
    """Seal and index with the active keys every row that is not; returns how many were changed.

    It can be stopped and started again at any time.
    """
    table = sealed.table
    key = [table.c[name] for name in sealed.key]
    names = {*(c.column for c in sealed.columns), *(c.index for c in sealed.columns if c.index)}
    page = select(*key, *(table.c[name] for name in names)).order_by(*key).limit(batch)
    changed, last = 0, None
    while True:
        async with db.write() as tx:
            query = page if last is None else page.where(tuple_(*key) > last)
            rows = (await tx.execute(query.with_for_update())).mappings().all()
            for row in rows:
                if fresh := _renew(row, sealed.row_id(row), sealed.columns, cipher):
                    same = (column == row[column.name] for column in key)
                    await tx.execute(update(table).where(*same).values(fresh))
                    changed += 1
        if len(rows) < batch:
            return changed
        last = tuple(rows[-1][name] for name in sealed.key)


def _renew(
    row: RowMapping, row_id: str, columns: Sequence[SealedColumn], cipher: FieldCipher
) -> dict[str, Any]:
    fresh: dict[str, Any] = {}
    for column in columns:
        blob = row[column.column]
        if blob is None:
            continue
        reindex = column.index is not None and (
            row[column.index] is None or cipher.needs_reindex(row[column.index])
        )
        if not reindex and not cipher.needs_rotation(blob):
            continue
        value = cipher.open(column.field, row_id, blob)
        if cipher.needs_rotation(blob):
            fresh[column.column] = cipher.seal(column.field, row_id, value)
        if reindex and column.index is not None:
            fresh[column.index] = cipher.index(column.field, value)
    return fresh
