"""受理, in time and by silence."""

from collections.abc import Callable
from datetime import date

import pytest

from services.cases.domain import Act, Case, Moment, Status, TimeLapsed

On = Callable[[str], Moment]


def test_the_terms_run_from_the_day_of_acceptance(accepted: Case) -> None:
    assert accepted.due_promised == date(2026, 3, 17)
    assert accepted.due_statutory == date(2026, 3, 31)
    assert accepted.due_on == date(2026, 3, 17)


def test_five_working_days_are_given_for_an_answer(submitted: Case) -> None:
    assert submitted.timer_on == date(2026, 3, 9)
    assert not submitted.lapsed(date(2026, 3, 9))
    assert submitted.lapsed(date(2026, 3, 10))


def test_silence_accepts_as_of_the_day_of_receipt(submitted: Case, on: On) -> None:
    assert submitted.accept(on("2026-03-20"))
    assert submitted.counted_from == date(2026, 3, 2)
    assert submitted.accepted_at == submitted.received_at
    assert submitted.due_promised == date(2026, 3, 16)


@pytest.mark.parametrize("act", [Act.REFUSE, Act.REQUEST_CORRECTION])
def test_after_five_days_it_is_too_late_to_refuse_or_to_ask(
    submitted: Case, on: On, act: Act
) -> None:
    with pytest.raises(TimeLapsed):
        if act is Act.REFUSE:
            submitted.refuse(on("2026-03-10"))
        else:
            submitted.request_correction(on("2026-03-10"), ["f"], ["f"])
    assert submitted.status is Status.SUBMITTED
    assert submitted.version == 2
