"""What cases tell: past facts with opaque ids and codes only. A draft is private and tells nothing.

Each event begins with `case`. Whoever needs what people wrote asks the API, with a purpose.
"""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict

from shared.events.event import Event


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PinnedItem(_Part):
    """The item and the version of it that the case was started with."""

    code: str
    version: int


class Due(_Part):
    """The last days of the terms; null where none has begun, or while the clock stands."""

    promised: date | None
    statutory: date | None


class CaseFacts(_Part):
    """What every event of a case says of it."""

    number: str
    status: str
    version: int
    item: PinnedItem
    bundle: str | None
    region: str
    department: str
    channel: str
    due: Due


class Party(_Part):
    """For whom the case is, by opaque id."""

    type: Literal["person", "org"]
    id: str


class CaseEvent(Event):
    """The common beginning of the events of cases."""

    case: CaseFacts


class CaseSubmitted(CaseEvent):
    """An application came in; the five days to answer it run."""

    TYPE = "tongban.cases.case_submitted.v1"
    applicant: Party
    agent: str
    received_on: date
    answer_due: date


class CaseAccepted(CaseEvent):
    """An application was accepted: the term for the decision runs from `counted_from`."""

    TYPE = "tongban.cases.case_accepted.v1"
    counted_from: date
    deemed: bool  # nobody answered in five days, so it counts as accepted (Art. 32)


class CaseRefused(CaseEvent):
    """An application was not accepted (不予受理)."""

    TYPE = "tongban.cases.case_refused.v1"
    ground: str
    referral: str | None  # the department to turn to


class CorrectionRequested(CaseEvent):
    """The applicant was told what is missing, which the law lets happen once."""

    TYPE = "tongban.cases.correction_requested.v1"
    fields: list[str]
    materials: list[str]
    repeated: bool  # it was not the first notice: a breach to look into


class CaseCorrected(CaseEvent):
    """What was missing has come in."""

    TYPE = "tongban.cases.case_corrected.v1"
    received_on: date
    answer_due: date


class CaseSuspended(CaseEvent):
    """A special procedure runs, and the clock stands (Art. 45)."""

    TYPE = "tongban.cases.case_suspended.v1"
    ground: str
    told_days: int


class CaseResumed(CaseEvent):
    """The special procedure is over, and the clock goes on."""

    TYPE = "tongban.cases.case_resumed.v1"
    ground: str


class CaseExtended(CaseEvent):
    """The term for the decision was extended, once (Art. 42)."""

    TYPE = "tongban.cases.case_extended.v1"
    days: int
    approver: str


class CaseDecided(CaseEvent):
    """A decision was made."""

    TYPE = "tongban.cases.case_decided.v1"
    outcome: Literal["granted", "refused"]
    decided_on: date
    delivery_due: date
    late: bool


class CaseDelivered(CaseEvent):
    """The decision reached the applicant."""

    TYPE = "tongban.cases.case_delivered.v1"
    means: str


class CaseWithdrawn(CaseEvent):
    """The applicant withdrew the application before the decision."""

    TYPE = "tongban.cases.case_withdrawn.v1"
