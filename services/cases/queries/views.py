"""What readers of cases get."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, Field

from services.cases.domain import Act, Outcome, Status
from services.cases.events import Due


class ItemView(BaseModel):
    """The item, in the version that the case was started with."""

    code: str
    version: int
    name: str


class DepartmentView(BaseModel):
    """The department that decides."""

    code: str
    name: str


class ApplicantView(BaseModel):
    """For whom the case is; `known` is what identity told of him for this case."""

    type: str
    id: str
    agent: str
    known: dict[str, Any] | None = None
    pending: bool = False


class NextView(BaseModel):
    """What comes next, who has it and until when."""

    who: str
    text: str
    until: date | None


class CorrectionView(BaseModel):
    """What the last correction notice asked for."""

    fields: list[str]
    materials: list[str]
    repeated: bool
    reasons: str = ""


class DecisionView(BaseModel):
    """The decision, or the refusal to accept, in the words that the applicant gets."""

    outcome: Outcome | None
    ground: str | None = None
    referral: str | None = None
    result: str = ""
    reasons: str = ""
    remedies: str = ""


class CaseBrief(BaseModel):
    """A case in a list."""

    number: str
    status: Status
    version: int
    item: ItemView
    department: DepartmentView
    region: str
    channel: str
    due: Due
    due_next: date | None
    drafted_at: datetime
    submitted_at: datetime | None
    closed_at: datetime | None
    corrections: int
    outcome: Outcome | None


class Task(CaseBrief):
    """A case on a department's desk: `left` working days, below zero when it is late."""

    left: int


class CaseView(CaseBrief):
    """A case in full; what people wrote is null for those who may only see the facts."""

    applicant: ApplicantView
    accepted_at: datetime | None
    decided_at: datetime | None
    received_at: datetime | None
    extension: int
    provisional: bool
    next: NextView
    acts: list[Act]
    correction: CorrectionView | None
    decision: DecisionView | None
    form: dict[str, Any] | None
    provenance: dict[str, dict[str, Any]] | None


class HistoryLine(BaseModel):
    """One act: who, when, from where to where; `words` for those who may read them."""

    seq: int
    act: str
    from_status: Status | None
    to_status: Status
    version: int
    actor: str
    actor_kind: str
    at: datetime
    facts: dict[str, Any]
    words: dict[str, Any] | None
    trace_id: str | None = Field(None, description="the trace of the act, for staff only")


class HistoryView(BaseModel):
    """The history of a case in its order."""

    number: str
    lines: list[HistoryLine]


class DeadlineView(BaseModel):
    """One term, explained."""

    kind: str
    basis: str
    begins: date
    days: int
    used: int
    left: int
    due: date | None
    state: str


class StopView(BaseModel):
    """One special procedure that the clock stood for."""

    ground: str
    begins: date
    told_days: int
    ends: date | None


class ClockView(BaseModel):
    """The clock of a case, line by line."""

    number: str
    status: Status
    today: date
    standing: bool
    provisional: bool
    extension: int
    deadlines: list[DeadlineView]
    stops: list[StopView]
