"""One case, its history and its clock, each through the policy; reads by others are logged."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from services.cases.domain import Act, Case, Moment, WorkingCalendar, allowed_acts, deadlines
from services.cases.domain.item import PinnedItem
from services.cases.events import Due
from services.cases.policy import HANDLE, OF_THE_APPLICANT, OWN, Matter, NoSuchCase, policy
from services.cases.queries.next import next_of
from services.cases.queries.views import (
    ApplicantView,
    CaseView,
    ClockView,
    CorrectionView,
    DeadlineView,
    DecisionView,
    DepartmentView,
    HistoryLine,
    HistoryView,
    ItemView,
    StopView,
)
from services.cases.store import cases as store
from services.cases.store import items
from services.cases.store.cases import Entry, Stored
from services.cases.store.papers import Papers
from shared.access import AccessLog
from shared.auth import Subject
from shared.db import Database

_NOTICES = {Act.DECIDE.value, Act.REFUSE.value}


@dataclass(frozen=True, slots=True)
class Reading:
    """A case that somebody may see, and whether that includes what people wrote."""

    stored: Stored
    item: PinnedItem
    lines: Sequence[Entry]
    words: bool

    @property
    def case(self) -> Case:
        """The case itself."""
        return self.stored.case


@dataclass(frozen=True, slots=True)
class CaseQueries:
    """Reads of single cases."""

    db: Database
    access: AccessLog
    papers: Papers

    async def open(self, number: str, subject: Subject, purpose: str) -> Reading:
        """The case, if the subject may see it; another's words only with a line in the log."""
        async with self.db.read() as connection:
            stored = await store.load(connection, number)
            if stored is None:
                raise NoSuchCase
            case = stored.case
            item = await items.pinned(connection, case.item_code, case.item_version)
            matter = Matter(case, item.codes)
            if not policy.decide(subject, "read", matter, purpose).allowed:
                raise NoSuchCase
            lines = await store.entries(connection, case.id)
        may = policy.decide(subject, "read_words", matter, purpose)
        if may.allowed and not _own(subject, case):
            await self._log(subject, case, purpose, may.basis)
        return Reading(stored, item, lines, may.allowed)

    async def _log(self, subject: Subject, case: Case, purpose: str, basis: str) -> None:
        fields = ("applicant", "form", "history")
        async with self.db.write() as tx:
            await self.access.record(
                tx,
                subject,
                case.applicant,
                fields=fields,
                purpose=purpose,
                basis=basis,
                case=case.number,
            )

    def view(
        self, reading: Reading, subject: Subject, calendar: WorkingCalendar, language: str
    ) -> CaseView:
        """The case in full, as far as the reader may see it."""
        stored, case = reading.stored, reading.case
        form = self.papers.open_form(case.id, stored.form) if reading.words else None
        return CaseView(
            **brief(case, reading.item.name, reading.item.department_name),
            applicant=self._applicant(reading),
            accepted_at=case.accepted_at,
            decided_at=case.decided_at,
            received_at=case.received_at,
            extension=case.extension,
            provisional=calendar.provisional(case.due_on, case.due_promised, case.due_statutory),
            next=next_of(case, language),
            acts=_may_do(subject, case, reading.item),
            correction=self._correction(reading),
            decision=self._decision(reading),
            form=form,
            provenance=stored.provenance if reading.words else None,
        )

    def history(self, reading: Reading, subject: Subject, purpose: str) -> HistoryView:
        """Every act on the case; which trace it left, for those who may look into it."""
        matter = Matter(reading.case, reading.item.codes)
        traces = policy.decide(subject, "read_traces", matter, purpose).allowed
        lines = [
            HistoryLine.model_validate(
                {name: getattr(line, name) for name in Entry.__slots__ if name != "note"}
                | {
                    "words": self._words(reading, line) or None,
                    "trace_id": line.trace_id if traces else None,
                }
            )
            for line in reading.lines
        ]
        return HistoryView(number=reading.case.number, lines=lines)

    def clock(self, reading: Reading, moment: Moment) -> ClockView:
        """The clock, explained."""
        case = reading.case
        return ClockView(
            number=case.number,
            status=case.status,
            today=moment.day,
            standing=any(stop.ends is None for stop in case.stops) and case.is_open,
            provisional=moment.calendar.provisional(case.due_on, case.due_promised),
            extension=case.extension,
            deadlines=[
                DeadlineView(**asdict(line), left=line.left) for line in deadlines(case, moment)
            ],
            stops=[StopView(**asdict(stop)) for stop in case.stops],
        )

    def _words(self, reading: Reading, line: Entry) -> dict[str, Any]:
        if line.note is None or not reading.words:
            return {}
        return self.papers.open_note(reading.case.id, line.seq, line.note)

    def _applicant(self, reading: Reading) -> ApplicantView:
        stored, case = reading.stored, reading.case
        known = None
        if stored.snapshot is not None and reading.words:
            known = self.papers.open_snapshot(case.id, stored.snapshot)
        return ApplicantView(
            type=case.applicant_type,
            id=case.applicant,
            agent=case.agent,
            known=known,
            pending=stored.unidentified_since is not None,
        )

    def _correction(self, reading: Reading) -> CorrectionView | None:
        line = _last(reading.lines, {Act.REQUEST_CORRECTION.value})
        return CorrectionView(**line.facts, **self._words(reading, line)) if line else None

    def _decision(self, reading: Reading) -> DecisionView | None:
        line = _last(reading.lines, _NOTICES)
        if line is None:
            return None
        told = {name: line.facts.get(name) for name in ("ground", "referral")}
        return DecisionView(outcome=reading.case.outcome, **told, **self._words(reading, line))


def brief(case: Case, item_name: str, department_name: str) -> dict[str, Any]:
    """What every view of a case begins with."""
    return {
        "number": case.number,
        "status": case.status,
        "version": case.version,
        "item": ItemView(code=case.item_code, version=case.item_version, name=item_name),
        "department": DepartmentView(code=case.department, name=department_name),
        "region": case.region,
        "channel": case.channel,
        "due": Due(promised=case.due_promised, statutory=case.due_statutory),
        "due_next": case.due_on,
        "drafted_at": case.drafted_at,
        "submitted_at": case.submitted_at,
        "closed_at": case.closed_at,
        "corrections": case.corrections,
        "outcome": case.outcome,
    }


def _may_do(subject: Subject, case: Case, item: PinnedItem) -> list[Act]:
    matter = Matter(case, item.codes, item.separate_decision)
    return [
        act
        for act in allowed_acts(case.status)
        if policy.decide(subject, act, matter, OWN if act in OF_THE_APPLICANT else HANDLE).allowed
    ]


def _own(subject: Subject, case: Case) -> bool:
    return subject.staff is None and subject.acting_for == case.applicant


def _last(lines: Sequence[Entry], acts: set[str]) -> Entry | None:
    return next((line for line in reversed(lines) if line.act in acts), None)
