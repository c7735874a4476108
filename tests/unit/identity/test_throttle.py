"""Delays grow, end, and are forgotten."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.identity.domain.throttle import ACCOUNT, ADDRESS, FORGOTTEN_AFTER, Failures

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def test_the_first_failures_cost_nothing() -> None:
    assert Failures(5, NOW).blocked_until(ACCOUNT, NOW) is None
    assert Failures(50, NOW).blocked_until(ADDRESS, NOW) is None


def test_a_faster_clock_elsewhere_makes_nobody_wait() -> None:
    ahead = NOW + timedelta(seconds=1)
    assert Failures(1, ahead).blocked_until(ACCOUNT, NOW) is None
    assert Failures(8, ahead).blocked_until(ACCOUNT, NOW) == ahead + timedelta(seconds=4)


@given(st.integers(0, 10**6))
def test_waits_never_shrink_and_are_bounded(failures: int) -> None:
    assert ACCOUNT.wait_after(failures) <= ACCOUNT.wait_after(failures + 1) <= ACCOUNT.longest
    assert ADDRESS.wait_after(failures) <= ADDRESS.longest


def test_a_wait_ends_and_after_an_hour_is_forgotten() -> None:
    known = Failures(8, NOW)
    assert known.blocked_until(ACCOUNT, NOW) == NOW + timedelta(seconds=4)
    assert known.blocked_until(ACCOUNT, NOW + timedelta(seconds=4)) is None
    assert known.standing(NOW + FORGOTTEN_AFTER) == 8
    assert known.standing(NOW + FORGOTTEN_AFTER + timedelta(seconds=1)) == 0
