"""Working days: weekends, holidays, make-up days and years that nobody has published yet."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cases.domain import WorkingCalendar, counted, due
from services.cases.domain.clock import Ground, Stop
from services.cases.store.calendar import published_days

DAYS = st.dates(date(2024, 1, 1), date(2028, 12, 31))
CHINA = WorkingCalendar(
    {d["day"]: d["working"] for d in published_days()},  # type: ignore[misc]
    frozenset({2024, 2025, 2026}),
)


@pytest.mark.parametrize(
    ("day", "working"),
    [
        ("2026-05-01", False),  # Labour Day
        ("2026-05-09", True),  # a Saturday made up for it
        ("2026-02-14", True),  # a Saturday before the Spring Festival
        ("2026-02-20", False),
        ("2026-03-07", False),  # an ordinary Saturday
        ("2026-03-09", True),
    ],
)
def test_holidays_and_make_up_days_count_as_published(day: str, working: bool) -> None:
    assert CHINA.is_working(date.fromisoformat(day)) is working


def test_the_first_day_is_not_counted() -> None:
    assert CHINA.add(date(2026, 3, 2), 1) == date(2026, 3, 3)


def test_a_term_runs_over_a_holiday_and_its_make_up_day() -> None:
    assert CHINA.add(date(2026, 4, 30), 5) == date(2026, 5, 11)


def test_a_term_runs_over_the_end_of_the_year() -> None:
    assert CHINA.add(date(2025, 12, 31), 2) == date(2026, 1, 5)  # 4 January is made up


def test_beyond_the_published_years_a_date_is_provisional() -> None:
    assert CHINA.provisional(date(2027, 1, 4))
    assert not CHINA.provisional(date(2026, 12, 31), None)
    assert CHINA.is_working(date(2027, 10, 1))  # a Friday, until the notice comes


@given(DAYS, st.integers(1, 60))
def test_a_term_ends_on_a_working_day_and_holds_so_many(begin: date, days: int) -> None:
    end = CHINA.add(begin, days)
    assert CHINA.is_working(end)
    assert CHINA.between(begin, end) == days


@given(DAYS, st.integers(0, 90), st.integers(0, 90))
def test_days_between_add_up(begin: date, first: int, second: int) -> None:
    middle, end = begin + timedelta(first), begin + timedelta(first + second)
    assert CHINA.between(begin, end) == CHINA.between(begin, middle) + CHINA.between(middle, end)


@st.composite
def stopped(draw: st.DrawFn) -> tuple[date, tuple[Stop, ...]]:
    """A beginning, and special procedures one after the other behind it."""
    begin = day = draw(DAYS)
    stops = []
    for _ in range(draw(st.integers(0, 4))):
        day += timedelta(draw(st.integers(0, 20)))
        end = day + timedelta(draw(st.integers(0, 40)))
        stops.append(Stop(Ground.HEARING, day, 5, end))
        day = end
    return begin, tuple(stops)


@given(stopped(), st.integers(1, 30))
def test_a_stop_moves_the_end_by_just_the_working_days_that_it_took(
    told: tuple[date, tuple[Stop, ...]], days: int
) -> None:
    begin, stops = told
    end = due(CHINA, begin, days, stops)
    assert end is not None
    stood = sum(
        CHINA.between(stop.begins, min(stop.ends or end, end))
        for stop in stops
        if stop.begins < end
    )
    assert end == CHINA.add(begin, days + stood)
    assert counted(CHINA, begin, end, stops) == days


@given(DAYS, st.integers(1, 30), st.integers(0, 60))
def test_while_the_clock_stands_no_end_is_told(begin: date, days: int, after: int) -> None:
    stop = Stop(Ground.TESTING, begin + timedelta(after), 10)
    end = due(CHINA, begin, days, (stop,))
    if end is None:
        assert CHINA.between(begin, stop.begins) < days
    else:
        assert end == CHINA.add(begin, days)
        assert end <= stop.begins


def test_a_stop_within_one_day_costs_nothing() -> None:
    begin = date(2026, 3, 2)
    stop = Stop(Ground.INSPECTION, date(2026, 3, 4), 1, date(2026, 3, 4))
    assert due(CHINA, begin, 5, (stop,)) == CHINA.add(begin, 5)
