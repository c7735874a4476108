"""What the routes of traces share."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Path, Query, Request

from services.traces.commands import LookUps, Retention
from shared.auth import requires
from shared.db import Database
from shared.web import Text
from shared.web.problems import NotFound

_PROBLEM: dict[str, Any] = {"content": {"application/problem+json": {}}}
_MEANINGS = {
    400: "the request cannot be read",
    401: "no valid token",
    403: "not an operator; `reason` says why",
    404: "the trace is not kept any more, or was never recorded",
    422: "a parameter is wrong",
    503: "the store is away for now",
}
_LONGEST = 200
_PRINTABLE = r"^[^\x00-\x1f\x7f]+$"
_BILLION = 1_000_000_000
_LATEST = 2**63 - 1

Operator = requires("ops.read")
CaseNumber = r"^[0-9A-Z]{30}(-[0-9]{2})?$"
Case = Annotated[str | None, Query(pattern=CaseNumber, description="of this case (办件编号)")]
Name = Annotated[str | None, Query(max_length=_LONGEST, pattern=_PRINTABLE)]
TraceId = Annotated[
    str, Path(pattern="^[0-9a-f]{32}$", description="the trace's id, as in traceparent")
]


class TraceNotKept(NotFound):
    """The trace was pruned, or never recorded: afterwards nobody can tell which."""

    slug = "trace-not-kept"
    title = Text("轨迹已过保留期，或没有记录", "The trace is past its retention, or unrecorded")
    remedy = Text(
        "办件的办理记录长期保存，请查办件历史", "A case's history is kept for good: look there"
    )


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problem answers of a route, for its contract."""
    return {
        status: {"description": _MEANINGS[status], **_PROBLEM} for status in (401, 403, *statuses)
    }


def database(request: Request) -> Database:
    """The service's database."""
    db: Database = request.app.state.runtime.db
    return db


def look_ups(request: Request) -> LookUps:
    """Who writes look-ups down."""
    found: LookUps = request.app.state.look_ups
    return found


def retention(request: Request) -> Retention:
    """How long traces are kept."""
    found: Retention = request.app.state.retention
    return found


def nanoseconds(moment: datetime | None) -> int | None:
    """A moment as spans have it, within what a database keeps."""
    if moment is None:
        return None
    return max(0, min(_LATEST, int(moment.timestamp() * _BILLION)))
