"""The working calendar as it stands, read now and then."""

import time

from services.cases.domain import WorkingCalendar
from services.cases.store import calendar as store
from shared.db import Database

_FRESH_SECONDS = 60.0


class Calendars:
    """The calendar table, kept for a minute; an empty table is filled from the published days."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._calendar: WorkingCalendar | None = None
        self._read_at = 0.0

    async def current(self) -> WorkingCalendar:
        """The calendar."""
        if self._calendar is None or time.monotonic() - self._read_at > _FRESH_SECONDS:
            async with self._db.read() as connection:
                calendar = await store.read(connection)
            if not calendar.published:
                await self.import_published()
                async with self._db.read() as connection:
                    calendar = await store.read(connection)
            self._calendar, self._read_at = calendar, time.monotonic()
        return self._calendar

    async def import_published(self) -> int:
        """Take over the published days; overridden ones stay."""
        days = store.published_days()
        async with self._db.write() as tx:
            return await store.import_days(tx, days)
