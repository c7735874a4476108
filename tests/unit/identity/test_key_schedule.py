"""When the next signing key takes over."""

from datetime import UTC, datetime, timedelta

import pytest

from services.identity.domain.key_schedule import KeySchedule, KeyState, State, has_retired

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SCHEDULE = KeySchedule(signs=timedelta(days=90), ahead=timedelta(hours=24))


def key(state: State, **ago: float) -> KeyState:
    return KeyState(state, state, NOW - timedelta(**ago))


@pytest.mark.parametrize(
    ("active", "following", "due"),
    [
        (key("active", days=90), key("next", days=90), True),
        (key("active", days=89.9), key("next", days=90), False),
        (key("active", days=200), key("next", hours=23), False),
        (key("active", days=200), key("next", hours=24), True),
    ],
)
def test_time_must_be_up_and_the_next_known_to_all(
    active: KeyState, following: KeyState, due: bool
) -> None:
    assert SCHEDULE.is_due([active, following], NOW) is due


def test_without_two_keys_nothing_is_due() -> None:
    assert not SCHEDULE.is_due([], NOW)
    assert not SCHEDULE.is_due([key("active", days=999)], NOW)


def test_a_key_that_retired_an_hour_ago_is_published_for_nothing() -> None:
    assert has_retired([key("active", days=1), key("retired", hours=1)], NOW)
    assert not has_retired([key("retired", minutes=59), key("next", days=9)], NOW)
