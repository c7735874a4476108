"""The calendar of working days: imported, overridable, with its source."""

from datetime import date
from importlib import metadata

import holidays
from sqlalchemy import delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from services.cases.domain import WorkingCalendar
from services.cases.store.tables import workday_calendar

_SATURDAY = 5
_d = workday_calendar.c


def published_days(first: int = 2024) -> list[dict[str, object]]:
    """Each day that differs from the plain week in the years whose make-up days are published."""
    known = holidays.country_holidays("CN", language="zh_CN", years=first)
    made_up = known.weekend_workdays
    years = sorted({day.year for day in made_up if day.year >= first})
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
    """Take over published days; what an administrator has overridden stays. Says how many."""
    overridden = set((await tx.execute(select(_d.day).where(_d.overridden))).scalars())
    await tx.execute(delete(workday_calendar).where(_d.overridden.is_(False)))
    fresh = [day for day in days if day["day"] not in overridden]
    if fresh:
        await tx.execute(insert(workday_calendar), fresh)
    return len(fresh)


async def override(
    tx: AsyncConnection, day: date, *, working: bool, name: str, source: str
) -> None:
    """Set one day by hand, with the notice that says so."""
    dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
    values = {"working": working, "name": name, "source": source, "overridden": True}
    add = dialect.insert(workday_calendar).values(day=day, **values)
    await tx.execute(add.on_conflict_do_update(index_elements=[_d.day], set_=values))


async def read(connection: AsyncConnection) -> WorkingCalendar:
    """The calendar as it stands."""
    rows = (await connection.execute(select(_d.day, _d.working))).all()
    exceptions = {row.day: row.working for row in rows}
    return WorkingCalendar(exceptions, frozenset(day.year for day in exceptions))
