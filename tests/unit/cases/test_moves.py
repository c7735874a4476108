"""Every act on every status: what the table says, and nothing else."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.cases.domain import (
    MOVES,
    OPEN,
    Act,
    ActNotAllowed,
    Case,
    CaseError,
    Ground,
    Moment,
    Outcome,
    Status,
    Terms,
    WorkingCalendar,
    allowed_acts,
    destination,
)


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("act", Act)
def test_an_act_that_does_not_fit_says_what_does(act: Act, status: Status) -> None:
    if status in MOVES[act]:
        assert destination(act, status) is MOVES[act][status]
        return
    with pytest.raises(ActNotAllowed) as refusal:
        destination(act, status)
    assert refusal.value.allowed == allowed_acts(status)


def test_a_closed_case_allows_nothing() -> None:
    assert all(not allowed_acts(status) for status in set(Status) - OPEN)


class AnyLife(RuleBasedStateMachine):
    """Acts in any order on any day: whatever happens, the law holds."""

    def __init__(self) -> None:
        super().__init__()
        from datetime import UTC, date, datetime

        self.day = date(2025, 9, 1)
        self.at = datetime(2025, 9, 1, 2, tzinfo=UTC)
        self.calendar = WorkingCalendar()
        self.case = Case(
            id="i", number="n", item_code="c", item_version=1, region="r", department="d",
            channel="001", applicant_type="person", applicant="p", agent="p",
            terms=Terms(10, 20), drafted_at=self.at,
        )  # fmt: skip
        self.was_accepted = False
        self.notices = 0

    @property
    def now(self) -> Moment:
        return Moment(self.at, self.day, self.calendar)

    @rule(days=st.integers(1, 9))
    def time_passes(self, days: int) -> None:
        from datetime import timedelta

        self.day += timedelta(days)
        self.at += timedelta(days)

    @rule(act=st.sampled_from(Act), days=st.integers(1, 10))
    def act(self, act: Act, days: int) -> None:
        before = self.case.status
        given: dict[Act, tuple[Any, ...]] = {
            Act.REQUEST_CORRECTION: (["f"], ["f"]),
            Act.SUSPEND: (Ground.HEARING, days),
            Act.EXTEND: (days,),
            Act.DECIDE: (Outcome.GRANTED,),
        }
        version = self.case.version
        method = getattr(self.case, act.value.replace("-", "_"))
        try:
            told = method(self.now, *given.get(act, ()))
        except CaseError:
            assert (self.case.status, self.case.version) == (before, version)
            return
        assert self.case.status is MOVES[act][before]
        assert self.case.version == version + 1
        self.was_accepted |= act is Act.ACCEPT
        if act is Act.REQUEST_CORRECTION:
            self.notices += 1
            assert told is (self.notices > 1)

    @invariant()
    def a_decision_follows_an_acceptance(self) -> None:
        assert self.case.decided_on is None or self.was_accepted

    @invariant()
    def a_promise_never_ends_behind_the_law(self) -> None:
        promised, statutory = self.case.due_promised, self.case.due_statutory
        assert statutory is None or (promised is not None and promised <= statutory)

    @invariant()
    def only_the_last_special_procedure_is_under_way(self) -> None:
        standing = [stop for stop in self.case.stops if stop.ends is None]
        assert len(standing) <= 1
        if self.case.status is Status.SUSPENDED:
            assert standing == [self.case.stops[-1]]

    @precondition(lambda self: not self.case.is_open)
    @invariant()
    def nothing_is_owed_on_a_closed_case(self) -> None:
        assert self.case.due_on is None
        assert self.case.timer_on is None


TestAnyLife = AnyLife.TestCase
TestAnyLife.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
