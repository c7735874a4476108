"""Working days: weekends and statutory holidays are free, make-up days are not (Art. 82)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

_SATURDAY = 5
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class WorkingCalendar:
    """The days that differ from the plain week, and the years whose holidays are published."""

    exceptions: Mapping[date, bool] = field(default_factory=dict)  # True: a working day
    published: frozenset[int] = frozenset()

    def is_working(self, day: date) -> bool:
        """Whether offices work on this day."""
        return self.exceptions.get(day, day.weekday() < _SATURDAY)

    def provisional(self, *days: date | None) -> bool:
        """Whether a count that ends on one of these days rests on an unpublished year."""
        return any(day is not None and day.year not in self.published for day in days)

    def after(self, day: date) -> Iterator[date]:
        """The working days behind `day`: the first day of a term is not counted."""
        while True:
            day += _DAY
            if self.is_working(day):
                yield day

    def add(self, day: date, days: int) -> date:
        """The last day of a term of so many working days."""
        if days == 0:
            return day
        following = self.after(day)
        for _ in range(days - 1):
            next(following)
        return next(following)

    def between(self, begin: date, end: date) -> int:
        """How many working days lie behind `begin`, up to and with `end`."""
        span = (end - begin).days
        return sum(self.is_working(begin + _DAY * n) for n in range(1, span + 1))
