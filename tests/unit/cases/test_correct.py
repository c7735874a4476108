"""补正: told once, outside every clock."""

from collections.abc import Callable
from datetime import date

import pytest

from services.cases.domain import Case, Moment, NothingToCorrect, OutsideTheVersion

On = Callable[[str], Moment]
KNOWN = ["form/shop", "materials/M01"]


def test_while_the_applicant_corrects_no_clock_runs(submitted: Case, on: On) -> None:
    assert not submitted.request_correction(on("2026-03-04"), ["form/shop"], KNOWN)
    assert submitted.due_on is None
    assert submitted.timer_on is None
    assert not submitted.lapsed(date(2027, 1, 1))


def test_the_five_days_begin_anew_with_what_was_supplied(submitted: Case, on: On) -> None:
    submitted.request_correction(on("2026-03-04"), ["form/shop"], KNOWN)
    submitted.correct(on("2026-03-20"))
    assert submitted.received_on == date(2026, 3, 20)
    assert submitted.timer_on == date(2026, 3, 27)


def test_a_second_notice_is_marked(submitted: Case, on: On) -> None:
    submitted.request_correction(on("2026-03-04"), ["form/shop"], KNOWN)
    submitted.correct(on("2026-03-05"))
    assert submitted.request_correction(on("2026-03-06"), ["materials/M01"], KNOWN)


def test_a_notice_cannot_ask_for_more_than_the_version_does(submitted: Case, on: On) -> None:
    with pytest.raises(OutsideTheVersion) as refusal:
        submitted.request_correction(on("2026-03-04"), ["form/shop", "materials/M99"], KNOWN)
    assert refusal.value.unknown == ("materials/M99",)
    assert submitted.corrections == 0


def test_a_notice_asks_for_something(submitted: Case, on: On) -> None:
    with pytest.raises(NothingToCorrect):
        submitted.request_correction(on("2026-03-04"), [], KNOWN)
