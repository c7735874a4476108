"""Reading one case, its history and its clock."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from services.cases.api.edge import READ_PROBLEMS, Number, asking_of, office_of
from services.cases.policy import HANDLE, OVERSEE, OWN
from services.cases.queries.detail import CaseQueries
from services.cases.queries.views import CaseView, ClockView, HistoryView
from shared.auth import Subject
from shared.auth.fastapi import requires_any
from shared.web import etag

router = APIRouter(prefix="/v1/cases/{number}", tags=["reading"], responses=READ_PROBLEMS)
Reader = Annotated[Subject, requires_any("cases.read", "cases.apply", "cases.handle")]
Purpose = Annotated[
    Literal["own", "handle", "oversee"] | None,
    Query(description="why another's case is read; it is logged, and the applicant can see it"),
]


@router.get("", response_model=CaseView)
async def read_case(
    number: Number, request: Request, response: Response, subject: Reader, purpose: Purpose = None
) -> CaseView:
    """The case; what people wrote only for its applicant and the department that handles it."""
    queries, asking = _queries(request), asking_of(request, subject)
    reading = await queries.open(number, subject, purpose or _usual(subject))
    calendar = await office_of(request).calendars.current()
    response.headers["ETag"] = etag(reading.case.version)
    response.headers["Cache-Control"] = "no-store"
    return queries.view(reading, subject, calendar, asking.language)


@router.get("/history", response_model=HistoryView)
async def read_history(
    number: Number, request: Request, subject: Reader, purpose: Purpose = None
) -> HistoryView:
    """Every act on the case: who, when, from where to where."""
    queries, why = _queries(request), purpose or _usual(subject)
    return queries.history(await queries.open(number, subject, why), subject, why)


@router.get("/clock", response_model=ClockView)
async def read_clock(
    number: Number, request: Request, subject: Reader, purpose: Purpose = None
) -> ClockView:
    """The clock of the case, explained line by line."""
    queries = _queries(request)
    reading = await queries.open(number, subject, purpose or _usual(subject))
    return queries.clock(reading, await office_of(request).moment())


def _queries(request: Request) -> CaseQueries:
    queries: CaseQueries = request.app.state.queries
    return queries


def _usual(subject: Subject) -> str:
    if subject.staff is not None and "inspector" in subject.staff.roles:
        return OVERSEE
    return HANDLE if subject.department else OWN
