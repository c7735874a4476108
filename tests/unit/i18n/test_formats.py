from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from shared import clock
from shared.i18n import Formats

ZH, EN = Formats("zh", "Asia/Shanghai"), Formats("en", "Asia/Shanghai")
LATE = datetime(2026, 11, 21, 17, 30, tzinfo=UTC)  # 01:30 of the next day in Shanghai


def test_a_moment_is_shown_in_the_platforms_time() -> None:
    assert ZH.moment(LATE) == "2026年11月22日 01:30"
    assert EN.moment(LATE) == "22 Nov 2026, 01:30"
    assert ZH.second(LATE) == "11月22日 01:30:00"
    assert EN.second(LATE) == "22 Nov, 01:30:00"
    assert Formats("en", "Asia/Urumqi").time(LATE) == "23:30"


def test_a_moments_date_is_that_of_the_platforms_time() -> None:
    assert ZH.date(LATE) == "2026年11月22日"
    assert EN.date(LATE) == "22 November 2026"


def test_a_date_needs_no_zone() -> None:
    assert ZH.date(date(2026, 11, 21)) == "2026年11月21日"
    assert ZH.day(date(2026, 11, 21)) == "11月21日 星期六"
    assert EN.day(date(2026, 11, 21)) == "Saturday 21 November"


def test_a_moment_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        ZH.moment(datetime(2026, 11, 21))  # noqa: DTZ001


def test_what_was_is_told_from_now() -> None:
    with clock.at(LATE):
        assert ZH.ago(LATE - timedelta(days=3)) == "3天前"
        assert EN.ago(LATE + timedelta(hours=2)) == "in 2 hours"


def test_money_is_yuan_with_two_places() -> None:
    assert ZH.money(Decimal("1234.5")) == "¥1,234.50"
    assert EN.money(10) == "CN¥10.00"


def test_money_is_never_a_float() -> None:
    with pytest.raises(TypeError, match="Decimal"):
        ZH.money(0.1)  # type: ignore[arg-type]


def test_numbers_and_shares() -> None:
    assert ZH.number(12345.6) == "12,345.6"
    assert EN.percent(0.987) == "98.7%"


@pytest.mark.parametrize(
    ("days", "zh", "en"), [(1, "1个工作日", "1 working day"), (20, "20个工作日", "20 working days")]
)
def test_working_days(days: int, zh: str, en: str) -> None:
    assert ZH.working_days(days) == zh
    assert EN.working_days(days) == en
