"""Cases and their history in the database."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.cases.domain import Act, Case
from services.cases.store.rows import to_case, to_row
from services.cases.store.tables import cases, history

_c, _h = cases.c, history.c


@dataclass(frozen=True, slots=True)
class Stored:
    """A case as it lies in the database, with what is sealed beside it."""

    case: Case
    form: bytes
    provenance: dict[str, Any]
    snapshot: bytes | None
    unidentified_since: datetime | None
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a case's history."""

    seq: int
    act: str
    from_status: str | None
    to_status: str
    version: int
    actor: str
    actor_kind: str
    at: datetime
    facts: dict[str, Any]
    note: bytes | None
    trace_id: str | None


class CaseChanged(RuntimeError):
    """The row was not the one that was read: it was not locked, which is a mistake of ours."""


async def load(tx: AsyncConnection, number: str, *, lock: bool = False) -> Stored | None:
    """The case with this number; with `lock` others wait until the transaction ends."""
    query = select(cases).where(_c.number == number)
    row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
    return _stored(row) if row is not None else None


async def add(tx: AsyncConnection, case: Case, *, by: str, at: datetime, **kept: Any) -> None:
    """Store a new case; `kept` are the sealed columns and their marks."""
    await tx.execute(insert(cases).values(**to_row(case), changed_by=by, changed_at=at, **kept))


async def save(
    tx: AsyncConnection, case: Case, was: int, *, by: str, at: datetime, **kept: Any
) -> None:
    """Store a changed case; `was` is the version that was read."""
    change = update(cases).where(_c.id == case.id, _c.version == was)
    done = await tx.execute(change.values(**to_row(case), changed_by=by, changed_at=at, **kept))
    if done.rowcount != 1:
        raise CaseChanged(f"case {case.number} is no longer at version {was}")


async def add_entry(tx: AsyncConnection, case_id: str, entry: Entry) -> None:
    """Write one line of the history."""
    values = {name: getattr(entry, name) for name in Entry.__slots__}
    await tx.execute(insert(history).values(case_id=case_id, **values))


async def entries(connection: AsyncConnection, case_id: str) -> list[Entry]:
    """The history of a case in its order."""
    query = select(history).where(_h.case_id == case_id).order_by(_h.seq)
    rows = (await connection.execute(query)).all()
    return [Entry(**{name: row._mapping[name] for name in Entry.__slots__}) for row in rows]


async def last_notice(tx: AsyncConnection, number: str) -> dict[str, Any] | None:
    """What the last correction notice named, or None when there was none."""
    query = select(_h.facts).join(cases, _c.id == _h.case_id).where(_c.number == number)
    notices = query.where(_h.act == Act.REQUEST_CORRECTION.value)
    return await tx.scalar(notices.order_by(_h.seq.desc()).limit(1))


def _stored(row: Row[Any]) -> Stored:
    kept = ("form", "provenance", "snapshot", "unidentified_since", "changed_at", "changed_by")
    return Stored(to_case(row), **{name: row._mapping[name] for name in kept})
