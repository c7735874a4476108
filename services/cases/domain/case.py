"""One case: each method is an act of the law that changes the state, or raises."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from services.cases.domain.calendar import WorkingCalendar
from services.cases.domain.clock import Ground, Stop, due
from services.cases.domain.errors import (
    AlreadyExtended,
    NothingToCorrect,
    OutsideTheVersion,
    TimeLapsed,
)
from services.cases.domain.moves import OPEN, Act, Status, destination

ANSWER_DAYS = 5  # Art. 32: to tell everything that is missing, once
DELIVERY_DAYS = 10  # Art. 44: from the decision to its delivery
EXTENSION_DAYS = 10  # Art. 42: once, at most


class Outcome(StrEnum):
    """How a decision ends the matter."""

    GRANTED = "granted"  # 准予
    REFUSED = "refused"  # 不予


@dataclass(frozen=True, slots=True)
class Moment:
    """When an act happens: the instant, the day that people there have, and their calendar."""

    at: datetime
    day: date
    calendar: WorkingCalendar


@dataclass(frozen=True, slots=True)
class Terms:
    """The working days that the item version gives: promised, and by law where it sets them."""

    promised: int
    statutory: int | None


@dataclass(slots=True, kw_only=True)
class Case:
    """A case and its clock; what people wrote is kept apart from it, sealed."""

    id: str
    number: str
    item_code: str
    item_version: int
    region: str
    department: str
    channel: str
    applicant_type: str
    applicant: str
    agent: str
    terms: Terms
    drafted_at: datetime
    status: Status = Status.DRAFT
    version: int = 1
    sequence: int = 0
    submitted_at: datetime | None = None
    received_at: datetime | None = None  # the materials as they lie there came in
    received_on: date | None = None
    accepted_at: datetime | None = None
    accepted_by: tuple[str, ...] = ()  # person, office, and whose office it was; none: the clock
    counted_from: date | None = None  # the day of acceptance, which itself does not count
    decided_at: datetime | None = None
    decided_on: date | None = None
    closed_at: datetime | None = None
    closed_on: date | None = None
    corrections: int = 0
    stops: tuple[Stop, ...] = ()
    extension: int = 0
    outcome: Outcome | None = None
    due_on: date | None = None  # what the department owes next
    due_promised: date | None = None
    due_statutory: date | None = None
    timer_on: date | None = None  # behind this day the clock acts by itself

    @property
    def is_open(self) -> bool:
        """Whether anything can still become of it."""
        return self.status in OPEN

    def lapsed(self, day: date) -> bool:
        """Whether the five days are over without an answer."""
        return self.status is Status.SUBMITTED and self.timer_on is not None and day > self.timer_on

    def edit(self) -> None:
        """Change the form of a draft (submitting is the only other thing that touches it)."""
        destination(Act.SUBMIT, self.status)
        self.version += 1

    def identify(self) -> None:
        """Who applied became known after the submission."""
        self.version += 1

    def submit(self, now: Moment) -> None:
        """提交申请: the materials are received, and the five days run."""
        self._move(Act.SUBMIT)
        self.submitted_at = now.at
        self._receive(now)

    def accept(self, now: Moment, by: Collection[str] = ()) -> bool:
        """受理; when the five days are over, as of the day of receipt. Says whether they were."""
        lapsed = self.lapsed(now.day)
        self._move(Act.ACCEPT)
        self.accepted_by = tuple(sorted(by))
        self.accepted_at = self.received_at if lapsed else now.at
        self.counted_from = self.received_on if lapsed else now.day
        self.timer_on = None
        self._count(now)
        return lapsed

    def refuse(self, now: Moment) -> None:
        """不予受理: with reasons and the body to turn to, within the five days."""
        self._in_time(Act.REFUSE, now)
        self._close(Act.REFUSE, now)

    def request_correction(
        self, now: Moment, asked: Collection[str], known: Collection[str]
    ) -> bool:
        """一次性告知补正; says whether it is a second notice, which the law does not allow for."""
        self._in_time(Act.REQUEST_CORRECTION, now)
        if not asked:
            raise NothingToCorrect("name a field or a material to correct")
        if unknown := sorted(set(asked) - set(known)):
            raise OutsideTheVersion(unknown)
        self._move(Act.REQUEST_CORRECTION)
        self.corrections += 1
        self.due_on = self.timer_on = None
        return self.corrections > 1

    def correct(self, now: Moment) -> None:
        """补正: what was missing is received; the time it took is outside every clock."""
        self._move(Act.CORRECT)
        self._receive(now)

    def suspend(self, now: Moment, ground: Ground, told_days: int) -> None:
        """特别程序: the clock stands while one of the procedures of Art. 45 runs."""
        self._move(Act.SUSPEND)
        self.stops = (*self.stops, Stop(ground, now.day, told_days))
        self._count(now)
        self.due_on = now.calendar.add(now.day, told_days)

    def resume(self, now: Moment) -> None:
        """The special procedure is over: the clock goes on with the next day."""
        self._move(Act.RESUME)
        *earlier, last = self.stops
        self.stops = (*earlier, replace(last, ends=now.day))
        self._count(now)

    def extend(self, now: Moment, days: int) -> None:
        """延长审批 (Art. 42): once, ten days at most."""
        destination(Act.EXTEND, self.status)
        if self.extension:
            raise AlreadyExtended("the time for the decision was extended before")
        if not 1 <= days <= EXTENSION_DAYS:
            raise ValueError(f"an extension has 1 to {EXTENSION_DAYS} working days")
        self._move(Act.EXTEND)
        self.extension = days
        self._count(now)

    def decide(self, now: Moment, outcome: Outcome) -> None:
        """办结: the decision is made, and has to be delivered."""
        self._move(Act.DECIDE)
        self.outcome = outcome
        self.decided_at, self.decided_on = now.at, now.day
        self.due_on = now.calendar.add(now.day, DELIVERY_DAYS)

    def deliver(self, now: Moment) -> None:
        """送达."""
        self._close(Act.DELIVER, now)

    def withdraw(self, now: Moment) -> None:
        """撤回 by the applicant, before the decision."""
        self._close(Act.WITHDRAW, now)

    def _move(self, act: Act) -> None:
        self.status = destination(act, self.status)
        self.version += 1

    def _close(self, act: Act, now: Moment) -> None:
        self._move(act)
        self.closed_at, self.closed_on = now.at, now.day
        self.due_on = self.timer_on = None

    def _receive(self, now: Moment) -> None:
        self.received_at, self.received_on = now.at, now.day
        self.due_on = self.timer_on = now.calendar.add(now.day, ANSWER_DAYS)

    def _in_time(self, act: Act, now: Moment) -> None:
        destination(act, self.status)
        if self.lapsed(now.day):
            raise TimeLapsed("the five days are over: the application counts as accepted")

    def _count(self, now: Moment) -> None:
        self.due_promised = self._due(now.calendar, self.terms.promised)
        self.due_statutory = self._due(now.calendar, self.terms.statutory)
        known = [day for day in (self.due_promised, self.due_statutory) if day is not None]
        self.due_on = min(known, default=None)

    def _due(self, calendar: WorkingCalendar, days: int | None) -> date | None:
        if days is None or self.counted_from is None:
            return None
        return due(calendar, self.counted_from, days + self.extension, self.stops)
