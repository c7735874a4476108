"""Dates, numbers and money as people of either language write them, in the platform's time."""

import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time, format_timedelta
from babel.numbers import format_currency, format_decimal, format_percent

from shared import clock
from shared.i18n.negotiation import Language

_LOCALES: dict[Language, str] = {"zh": "zh_Hans_CN", "en": "en_GB"}
_MOMENT: dict[Language, str] = {"zh": "y年M月d日 HH:mm", "en": "d MMM y, HH:mm"}
_SECOND: dict[Language, str] = {"zh": "M月d日 HH:mm:ss", "en": "d MMM, HH:mm:ss"}
_DAY: dict[Language, str] = {"zh": "M月d日 EEEE", "en": "EEEE d MMMM"}


class Formats:
    """One language in one time zone (`TIMEZONE`)."""

    def __init__(self, language: Language, timezone: str) -> None:
        self.language = language
        self._locale = Locale.parse(_LOCALES[language])
        self._zone = ZoneInfo(timezone)

    def date(self, day: datetime.date) -> str:
        """2026年11月21日, 21 November 2026; a moment's date is that of the time zone."""
        return format_date(self._local_date(day), "long", locale=self._locale)

    def day(self, day: datetime.date) -> str:
        """11月21日 星期六, Saturday 21 November."""
        return format_date(self._local_date(day), _DAY[self.language], locale=self._locale)

    def time(self, moment: datetime.datetime) -> str:
        """09:30."""
        return format_time(self._local(moment), "HH:mm", locale=self._locale)

    def moment(self, moment: datetime.datetime) -> str:
        """2026年11月21日 09:30, 21 Nov 2026, 09:30."""
        return format_datetime(self._local(moment), _MOMENT[self.language], locale=self._locale)

    def second(self, moment: datetime.datetime) -> str:
        """11月21日 09:30:05, 21 Nov, 09:30:05; for what happened a short time ago."""
        return format_datetime(self._local(moment), _SECOND[self.language], locale=self._locale)

    def ago(self, moment: datetime.datetime) -> str:
        """3天前, 3 days ago; 2小时后, in 2 hours."""
        since = self._local(moment) - clock.now()
        return format_timedelta(since, add_direction=True, locale=self._locale)

    def lasting(self, seconds: float) -> str:
        """45秒, 45 seconds; 3小时, 3 hours."""
        return format_timedelta(datetime.timedelta(seconds=round(seconds)), locale=self._locale)

    def number(self, number: int | float | Decimal) -> str:
        """12,345.6."""
        return format_decimal(number, locale=self._locale)

    def percent(self, share: float) -> str:
        """98.7% for 0.987."""
        return format_percent(share, "#,##0.#%", locale=self._locale)

    def money(self, yuan: int | Decimal) -> str:
        """¥1,234.50, CN¥1,234.50; never a float, which cannot hold 0.10."""
        if isinstance(yuan, float):
            raise TypeError("an amount of money is an int or a Decimal of yuan")
        return format_currency(yuan, "CNY", locale=self._locale)

    def working_days(self, days: int) -> str:
        """3个工作日, 3 working days."""
        if self.language == "zh":
            return f"{self.number(days)}个工作日"
        return f"{self.number(days)} working day{'' if days == 1 else 's'}"

    def _local(self, moment: datetime.datetime) -> datetime.datetime:
        if moment.tzinfo is None:
            raise ValueError("a moment without an offset cannot be shown: which zone is it in?")
        return moment.astimezone(self._zone)

    def _local_date(self, day: datetime.date) -> datetime.date:
        return self._local(day).date() if isinstance(day, datetime.datetime) else day
