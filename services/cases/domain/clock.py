"""Counting a term: the time of a special procedure does not count (Art. 45)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.cases.domain.calendar import WorkingCalendar


class Ground(StrEnum):
    """The special procedures whose time the law does not count; there are no others."""

    HEARING = "hearing"  # 听证
    TENDER = "tender"  # 招标
    AUCTION = "auction"  # 拍卖
    INSPECTION = "inspection"  # 检验
    TESTING = "testing"  # 检测
    QUARANTINE = "quarantine"  # 检疫
    APPRAISAL = "appraisal"  # 鉴定
    EXPERT_REVIEW = "expert_review"  # 专家评审


@dataclass(frozen=True, slots=True)
class Stop:
    """One special procedure: the clock stands behind its first day, up to and with its last."""

    ground: Ground
    begins: date
    told_days: int  # the working days it needs, as the applicant was told in writing
    ends: date | None = None

    def holds(self, day: date) -> bool:
        """Whether this day does not count."""
        return self.begins < day and (self.ends is None or day <= self.ends)


def due(calendar: WorkingCalendar, begin: date, days: int, stops: Sequence[Stop]) -> date | None:
    """The last day of the term, or None while the clock stands before reaching it."""
    if days == 0:
        return begin
    left = days
    standing = next((stop for stop in stops if stop.ends is None), None)
    for day in calendar.after(begin):
        if standing is not None and standing.holds(day):
            return None
        if not any(stop.holds(day) for stop in stops):
            left -= 1
            if left == 0:
                return day
    raise AssertionError("working days never end")


def counted(calendar: WorkingCalendar, begin: date, end: date, stops: Sequence[Stop]) -> int:
    """How many days of the term are used up at the end of `end`."""
    used = 0
    for day in calendar.after(begin):
        if day > end:
            return used
        used += not any(stop.holds(day) for stop in stops)
    raise AssertionError("working days never end")
