"""The calendar of working days: imported, overridable, with its source."""

from datetime import date
from importlib import metadata
from typing import Any

import holidays
from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from services.cases.domain import WorkingCalendar
from services.cases.store.tables import workday_calendar

_SATURDAY = 5
_d = workday_calendar.c


_YEARS = range(2024, 2040)


def published_days() -> list[dict[str, object]]:
    """Each day that differs from the plain week in the years whose make-up days are published."""
    made_up = holidays.country_holidays("CN", years=_YEARS).weekend_workdays
    years = sorted({day.year for day in made_up if day.year in _YEARS})
    free = holidays.country_holidays("CN", language="zh_CN", years=years)
    source = f"holidays {metadata.version('holidays')}, China"
    common = {"source": source, "overridden": False}
    off = [
        {"day": day, "working": False, "name": name, **common}
        for day, name in sorted(free.items())
        if day.weekday() < _SATURDAY
    ]
    on = [
        {"day": day, "working": True, "name": "调休上班", **common}
        for day in sorted(made_up)
        if day.year in years
    ]
    return off + on


async def import_days(tx: AsyncConnection, days: list[dict[str, object]]) -> int:
    """Take over published days; what an administrator has overridden stays. Says how many.

    Processes that start together may all do it: each row is put in place, not replaced.
    """
    by_hand = _d.overridden.is_(True)
    gone = _d.day.not_in([day["day"] for day in days])
    await tx.execute(delete(workday_calendar).where(gone, ~by_hand))
    add = _dialect(tx).insert(workday_calendar)
    values = {name: add.excluded[name] for name in ("working", "name", "source")}
    put = add.on_conflict_do_update(index_elements=[_d.day], set_=values, where=~by_hand)
    await tx.execute(put, days)
    return len(days)


async def override(
    tx: AsyncConnection, day: date, *, working: bool, name: str, source: str
) -> None:
    """Set one day by hand, with the notice that says so."""
    values = {"working": working, "name": name, "source": source, "overridden": True}
    add = _dialect(tx).insert(workday_calendar).values(day=day, **values)
    await tx.execute(add.on_conflict_do_update(index_elements=[_d.day], set_=values))


async def read(connection: AsyncConnection) -> WorkingCalendar:
    """The calendar as it stands."""
    rows = (await connection.execute(select(_d.day, _d.working))).all()
    exceptions = {row.day: row.working for row in rows}
    return WorkingCalendar(exceptions, frozenset(day.year for day in exceptions))


def _dialect(tx: AsyncConnection) -> Any:
    return postgresql if tx.dialect.name == "postgresql" else sqlite
