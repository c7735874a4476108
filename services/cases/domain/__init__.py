"""The law of a case: numbers, allowed moves, working days and deadlines; no I/O."""

from services.cases.domain.calendar import WorkingCalendar
from services.cases.domain.case import Case, Moment, Outcome, Terms
from services.cases.domain.clock import Ground, Stop, counted, due
from services.cases.domain.deadlines import Deadline, deadlines
from services.cases.domain.errors import (
    ActNotAllowed,
    AlreadyExtended,
    CaseError,
    NothingToCorrect,
    OutsideTheVersion,
    TimeLapsed,
)
from services.cases.domain.moves import MOVES, OPEN, Act, Status, allowed_acts, destination
from services.cases.domain.number import Channel, NumberError, case_number, check_number

__all__ = [
    "MOVES",
    "OPEN",
    "Act",
    "ActNotAllowed",
    "AlreadyExtended",
    "Case",
    "CaseError",
    "Channel",
    "Deadline",
    "Ground",
    "Moment",
    "NothingToCorrect",
    "NumberError",
    "Outcome",
    "OutsideTheVersion",
    "Status",
    "Stop",
    "Terms",
    "TimeLapsed",
    "WorkingCalendar",
    "allowed_acts",
    "case_number",
    "check_number",
    "counted",
    "deadlines",
    "destination",
    "due",
]
