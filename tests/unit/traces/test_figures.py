"""Percentiles by the nearest rank, and figures from what was sampled."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.traces.domain import Entry, percentile, red

NUMBERS = st.lists(st.floats(0, 1e9, allow_nan=False), min_size=1)
SHARES = st.floats(0, 1)


@given(NUMBERS, SHARES)
def test_a_percentile_is_a_value_that_was_measured(numbers: list[float], share: float) -> None:
    assert percentile(sorted(numbers), share) in numbers


@given(NUMBERS, SHARES)
def test_as_many_as_said_are_not_above_it_and_no_smaller_one_would_do(
    numbers: list[float], share: float
) -> None:
    found = percentile(sorted(numbers), share)
    assert found is not None
    needed = max(1, math.ceil(share * len(numbers)))
    assert sum(one <= found for one in numbers) >= needed
    assert sum(one < found for one in numbers) < needed


@given(NUMBERS, SHARES, SHARES)
def test_a_higher_share_never_gives_less(numbers: list[float], one: float, other: float) -> None:
    low, high = sorted((one, other))
    ordered = sorted(numbers)
    assert percentile(ordered, low) <= percentile(ordered, high)  # type: ignore[operator]


def test_of_none_there_is_no_percentile() -> None:
    assert percentile([], 0.5) is None


def entries(count: int, *, late: bool = False, failed: bool = False) -> list[Entry]:
    return [Entry("cases", "POST /v1/cases", 5_000_000, failed, late) for _ in range(count)]


def test_recorded_requests_stand_for_those_that_were_not() -> None:
    whole, (route,) = red(entries(20), 0.1)["cases"]
    assert whole.requests == pytest.approx(200)
    assert (whole.kept, whole.errors) == (20, 0)
    assert route.name == "POST /v1/cases"


def test_errors_are_counted_one_by_one_for_each_is_kept() -> None:
    found, _ = red(entries(18) + entries(2, failed=True) + entries(8, late=True, failed=True), 0.1)[
        "cases"
    ]
    assert found.errors == 10
    assert found.requests == pytest.approx(200)
    assert found.error_share == pytest.approx(0.05)


def test_durations_leave_out_what_was_written_for_being_slow() -> None:
    slow = [Entry("cases", "r", 9_000_000_000, failed=False, late=True)]
    found, _ = red(entries(10) + slow, 0.1)["cases"]
    assert (found.p50_ms, found.p99_ms, found.late) == (5, 5, 1)


def test_where_nothing_is_recorded_by_chance_only_the_late_ones_are_known() -> None:
    found, _ = red(entries(3, late=True, failed=True), 0)["cases"]
    assert (found.requests, found.errors, found.p50_ms) == (3, 3, None)
    assert found.error_share == 1


def test_routes_stand_in_the_order_of_their_traffic() -> None:
    quiet = [Entry("cases", "GET /quiet", 1, failed=False, late=False)]
    _, routes = red(quiet + entries(2), 1)["cases"]
    assert [one.name for one in routes] == ["POST /v1/cases", "GET /quiet"]
