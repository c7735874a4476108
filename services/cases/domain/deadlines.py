"""The clock of a case, explained line by line."""

from dataclasses import dataclass
from datetime import date

from services.cases.domain.case import ANSWER_DAYS, DELIVERY_DAYS, Case, Moment
from services.cases.domain.clock import counted
from services.cases.domain.moves import Status


@dataclass(frozen=True, slots=True)
class Deadline:
    """One term: from when it counts, how long it is, how much is used, until when, and its law."""

    kind: str
    basis: str
    begins: date
    days: int
    used: int
    due: date | None
    state: str  # running, standing, met, late

    @property
    def left(self) -> int:
        """The working days that remain; below zero it is late by so many."""
        return self.days - self.used


def deadlines(case: Case, now: Moment) -> list[Deadline]:
    """Every term that has begun."""
    lines = [_answer(case, now), *_decision(case, now), _delivery(case, now)]
    return [line for line in lines if line is not None]


def _answer(case: Case, now: Moment) -> Deadline | None:
    if case.received_on is None or case.status in (Status.CORRECTING, Status.WITHDRAWN):
        return None
    due = now.calendar.add(case.received_on, ANSWER_DAYS)
    running = case.status is Status.SUBMITTED
    end = now.day if running else (case.counted_from or case.closed_on or due)
    used = counted(now.calendar, case.received_on, end, ())
    state = _state(due, end, running=running)
    return Deadline(
        "answer", "行政许可法第三十二条", case.received_on, ANSWER_DAYS, used, due, state
    )


def _decision(case: Case, now: Moment) -> list[Deadline]:
    if case.counted_from is None:
        return []
    end = case.decided_on or case.closed_on or now.day
    used = counted(now.calendar, case.counted_from, end, case.stops)
    running = case.decided_on is None and case.is_open
    terms = (
        ("promised", "承诺时限", case.terms.promised, case.due_promised),
        ("statutory", "行政许可法第四十二条", case.terms.statutory, case.due_statutory),
    )
    return [
        Deadline(
            kind,
            basis,
            case.counted_from,
            days + case.extension,
            used,
            due,
            "standing" if due is None else _state(due, end, running=running),
        )
        for kind, basis, days, due in terms
        if days is not None
    ]


def _delivery(case: Case, now: Moment) -> Deadline | None:
    if case.decided_on is None:
        return None
    due = now.calendar.add(case.decided_on, DELIVERY_DAYS)
    running = case.status is Status.DECIDED
    end = now.day if running else (case.closed_on or due)
    used = counted(now.calendar, case.decided_on, end, ())
    state = _state(due, end, running=running)
    return Deadline(
        "delivery", "行政许可法第四十四条", case.decided_on, DELIVERY_DAYS, used, due, state
    )


def _state(due: date, end: date, *, running: bool) -> str:
    if end > due:
        return "late"
    return "running" if running else "met"
