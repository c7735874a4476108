"""Writing down a read of somebody's record, and showing that person who read."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Row, Table, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.clock import now
from shared.ids import new_id

_FIELD = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")


class Unexplained(ValueError):
    """A read without purpose, basis or named fields: it must not take place."""


class Office(Protocol):
    """The office in which somebody reads."""

    @property
    def id(self) -> str: ...
    @property
    def department(self) -> str: ...


class Reader(Protocol):
    """Who reads, as a verified token says it."""

    @property
    def sub(self) -> str: ...
    @property
    def acting_for(self) -> str: ...
    @property
    def client_id(self) -> str: ...
    @property
    def staff(self) -> Office | None: ...


@dataclass(frozen=True, slots=True)
class Access:
    """One read, as the person sees it."""

    id: str
    at: datetime
    subject_id: str
    fields: tuple[str, ...]
    purpose: str
    basis: str
    case_number: str | None
    reader: str
    acting_for: str
    client_id: str
    staff_id: str | None
    department: str | None


class AccessLog:
    """The reads of one service."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def record(
        self,
        tx: AsyncConnection,
        reader: Reader,
        subject_id: str,
        *,
        fields: Collection[str],
        purpose: str,
        basis: str,
        case: str | None = None,
    ) -> None:
        """Write down that these fields of a person were read; without it, show nothing."""
        await self.record_all(
            tx, reader, [subject_id], fields=fields, purpose=purpose, basis=basis, case=case
        )

    async def record_all(
        self,
        tx: AsyncConnection,
        reader: Reader,
        subject_ids: Iterable[str],
        *,
        fields: Collection[str],
        purpose: str,
        basis: str,
        case: str | None = None,
    ) -> None:
        """The same for everyone on a list."""
        _explained(fields, purpose, basis)
        rows = [
            {
                "id": new_id("acc"),
                "at": now(),
                "subject_id": subject_id,
                "fields": sorted(set(fields)),
                "purpose": purpose,
                "basis": basis,
                "case_number": case,
                "reader": reader.sub,
                "acting_for": reader.acting_for,
                "client_id": reader.client_id,
                "staff_id": reader.staff.id if reader.staff else None,
                "department": reader.staff.department if reader.staff else None,
            }
            for subject_id in dict.fromkeys(subject_ids)
        ]
        if rows:
            await tx.execute(insert(self._table), rows)

    async def of_person(
        self,
        connection: AsyncConnection,
        subject_id: str,
        *,
        before: str | None = None,
        limit: int = 50,
    ) -> list[Access]:
        """The reads of a person's record, newest first; `before` is the last id already seen."""
        columns = self._table.c
        page = select(self._table).where(columns.subject_id == subject_id)
        if before is not None:
            page = page.where(columns.id < before)
        found = await connection.execute(page.order_by(columns.id.desc()).limit(limit))
        return [_access(row) for row in found]


def _explained(fields: Collection[str], purpose: str, basis: str) -> None:
    for name, text in (("purpose", purpose), ("basis", basis)):
        if not text.strip():
            raise Unexplained(f"a read of personal data needs a {name}: say why it is allowed")
    if isinstance(fields, str) or not fields:
        raise Unexplained("a read of personal data names the fields that are read, as a list")
    if wrong := sorted(field for field in fields if not _FIELD.fullmatch(field)):
        # The text itself could be a value, so it is not repeated here.
        raise Unexplained(f"{len(wrong)} of the fields is no field name; never log a value")


def _access(row: Row[Any]) -> Access:
    values = dict(row._mapping)
    return Access(**{**values, "fields": tuple(values["fields"])})
