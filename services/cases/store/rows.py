"""Between a case of the domain and its row."""

from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import Row

from services.cases.domain import Case, Ground, Outcome, Status, Stop, Terms

_ALIKE = (
    "id",
    "number",
    "item_code",
    "item_version",
    "region",
    "department",
    "channel",
    "applicant_type",
    "applicant",
    "agent",
    "version",
    "sequence",
    "drafted_at",
    "submitted_at",
    "received_at",
    "received_on",
    "accepted_at",
    "counted_from",
    "decided_at",
    "decided_on",
    "closed_at",
    "closed_on",
    "corrections",
    "extension",
    "due_on",
    "due_promised",
    "due_statutory",
    "timer_on",
)


def to_row(case: Case) -> dict[str, Any]:
    """The columns that the domain rules over."""
    return {name: getattr(case, name) for name in _ALIKE} | {
        "status": case.status.value,
        "outcome": case.outcome.value if case.outcome else None,
        "accepted_by": list(case.accepted_by),
        "stops": [_stop_out(stop) for stop in case.stops],
        "promised_days": case.terms.promised,
        "statutory_days": case.terms.statutory,
    }


def to_case(row: Row[Any]) -> Case:
    """The case of a row."""
    values = row._mapping
    return Case(
        **{name: values[name] for name in _ALIKE},
        status=Status(row.status),
        outcome=Outcome(row.outcome) if row.outcome else None,
        accepted_by=tuple(row.accepted_by),
        stops=tuple(_stop_in(stop) for stop in row.stops),
        terms=Terms(row.promised_days, row.statutory_days),
    )


def _stop_out(stop: Stop) -> dict[str, Any]:
    ends = stop.ends.isoformat() if stop.ends else None
    return asdict(stop) | {"begins": stop.begins.isoformat(), "ends": ends}


def _stop_in(stop: dict[str, Any]) -> Stop:
    return Stop(
        ground=Ground(stop["ground"]),
        begins=date.fromisoformat(stop["begins"]),
        told_days=stop["told_days"],
        ends=date.fromisoformat(stop["ends"]) if stop["ends"] else None,
    )
