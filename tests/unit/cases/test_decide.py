"""办结, 送达 and the clock's account of them."""

from collections.abc import Callable
from datetime import date

from services.cases.domain import Case, Moment, Outcome, deadlines

On = Callable[[str], Moment]


def test_a_decision_has_ten_days_to_reach_the_applicant(accepted: Case, on: On) -> None:
    accepted.decide(on("2026-03-10"), Outcome.GRANTED)
    assert accepted.due_on == date(2026, 3, 24)


def test_the_clock_is_explained_line_by_line(accepted: Case, on: On) -> None:
    accepted.decide(on("2026-03-18"), Outcome.REFUSED)
    accepted.deliver(on("2026-03-19"))
    lines = {line.kind: line for line in deadlines(accepted, on("2026-06-01"))}
    assert {kind: line.state for kind, line in lines.items()} == {
        "answer": "met",
        "promised": "late",
        "statutory": "met",
        "delivery": "met",
    }
    assert lines["promised"].left == -1
    assert lines["statutory"].left == 9
    assert lines["delivery"].used == 1


def test_a_running_clock_tells_what_is_left(accepted: Case, on: On) -> None:
    lines = {line.kind: line for line in deadlines(accepted, on("2026-03-10"))}
    assert (lines["promised"].state, lines["promised"].left) == ("running", 5)
