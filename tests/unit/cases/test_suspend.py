"""特别程序 and 延长审批."""

from collections.abc import Callable
from datetime import date

import pytest

from services.cases.domain import AlreadyExtended, Case, Ground, Moment, Status, deadlines

On = Callable[[str], Moment]


def test_while_a_hearing_runs_the_clock_stands(accepted: Case, on: On) -> None:
    accepted.suspend(on("2026-03-05"), Ground.HEARING, 15)
    assert accepted.due_promised is None
    assert accepted.due_statutory is None
    assert accepted.due_on == date(2026, 3, 26)  # what the applicant was told it takes
    lines = {line.kind: line for line in deadlines(accepted, on("2026-04-30"))}
    assert lines["promised"].state == "standing"
    assert lines["promised"].used == 2


def test_after_it_the_clock_goes_on_where_it_stood(accepted: Case, on: On) -> None:
    accepted.suspend(on("2026-03-05"), Ground.TESTING, 5)
    accepted.resume(on("2026-03-12"))
    assert accepted.status is Status.ACCEPTED
    assert accepted.due_promised == date(2026, 3, 24)  # five working days later than 17 March


def test_what_is_late_stays_late_while_the_clock_stands(accepted: Case, on: On) -> None:
    accepted.suspend(on("2026-03-20"), Ground.EXPERT_REVIEW, 5)
    assert accepted.due_promised == date(2026, 3, 17)
    assert accepted.due_statutory is None


def test_an_extension_moves_both_terms(accepted: Case, on: On) -> None:
    accepted.extend(on("2026-03-10"), 10)
    assert accepted.due_promised == date(2026, 3, 31)
    assert accepted.due_statutory == date(2026, 4, 15)


def test_the_term_is_extended_once(accepted: Case, on: On) -> None:
    accepted.extend(on("2026-03-10"), 3)
    with pytest.raises(AlreadyExtended):
        accepted.extend(on("2026-03-11"), 3)
    assert accepted.extension == 3


@pytest.mark.parametrize("days", [0, 11])
def test_an_extension_has_ten_days_at_most(accepted: Case, on: On, days: int) -> None:
    with pytest.raises(ValueError, match="1 to 10"):
        accepted.extend(on("2026-03-10"), days)
