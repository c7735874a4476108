"""The lists: each is one query on one index, with a keyset cursor and never a count."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.cases.domain import Case, Status
from services.cases.store.rows import to_case
from services.cases.store.tables import cases, item_versions
from shared.web import after

_c, _v = cases.c, item_versions.c
_SEALED = {"form", "snapshot", "provenance", "unidentified_since"}


@dataclass(frozen=True, slots=True)
class Listed:
    """A case in a list, with the name of its item."""

    case: Case
    item_name: str
    department_name: str


def mine(
    allowed: ColumnElement[bool], statuses: Collection[Status], before: str | None, limit: int
) -> Select[Any]:
    """An applicant's cases, the newest first."""
    query = _listed().where(allowed)
    if statuses:
        query = query.where(_c.status.in_(sorted(statuses)))
    if before is not None:
        query = query.where(_c.id < before)
    return query.order_by(_c.id.desc()).limit(limit)


def work(
    allowed: ColumnElement[bool],
    statuses: Collection[Status],
    due_before: date | None,
    place: tuple[date, str] | None,
    limit: int,
) -> Select[Any]:
    """What a department owes, by the day it is due."""
    query = _listed().where(allowed, _c.due_on.is_not(None))
    if statuses:
        query = query.where(_c.status.in_(sorted(statuses)))
    if due_before is not None:
        query = query.where(_c.due_on <= due_before)
    if place is not None:
        query = query.where(after((_c.due_on, _c.id), place))
    return query.order_by(_c.due_on, _c.id).limit(limit)


def lapsed(day: date, limit: int) -> Select[Any]:
    """The numbers of the cases whose clock acts by itself, since `day` is behind their term."""
    return select(_c.number).where(_c.timer_on < day).order_by(_c.timer_on).limit(limit)


def unknown_applicants(after_id: str, limit: int) -> Select[Any]:
    """The cases whose applicant identity could not be asked about when they came in."""
    query = select(_c.id, _c.number).where(_c.unidentified_since.is_not(None), _c.id > after_id)
    return query.order_by(_c.id).limit(limit)


async def fetch(connection: AsyncConnection, query: Select[Any]) -> list[Listed]:
    """The rows of a list."""
    return [_row(row) for row in (await connection.execute(query)).all()]


def _listed() -> Select[Any]:
    light = [column for column in cases.c if column.name not in _SEALED]
    pinned = and_(_v.code == _c.item_code, _v.version == _c.item_version)
    name = _v.item["name"].as_string().label("item_name")
    department = _v.item["department"]["name"].as_string().label("department_name")
    return select(*light, name, department).join_from(cases, item_versions, pinned)


def _row(row: Row[Any]) -> Listed:
    return Listed(to_case(row), row.item_name, row.department_name or "")
