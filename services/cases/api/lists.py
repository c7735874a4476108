"""The lists: my cases, and a department's work."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request

from services.cases.api.edge import READ_PROBLEMS, office_of
from services.cases.domain import Status
from services.cases.queries.lists import CaseLists
from services.cases.queries.views import CaseBrief, Task
from shared.auth import Subject
from shared.auth.fastapi import requires, requires_any
from shared.web import Cursor, Limit, Page

router = APIRouter(prefix="/v1", tags=["lists"], responses=READ_PROBLEMS)
Statuses = Annotated[list[Status] | None, Query(description="only these; may be repeated")]


@router.get("/cases", response_model=Page[CaseBrief])
async def list_cases(
    request: Request,
    subject: Annotated[Subject, requires_any("cases.read", "cases.apply")],
    status: Statuses = None,
    only_open: Annotated[bool, Query(alias="open", description="only what is not closed")] = False,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[CaseBrief]:
    """The cases of the one for whom the caller acts, the newest first."""
    return await _lists(request).mine(
        subject, status or (), only_open=only_open, cursor=cursor, limit=limit
    )


@router.get("/tasks", response_model=Page[Task])
async def list_tasks(
    request: Request,
    subject: Annotated[Subject, requires("cases.handle")],
    department: Annotated[
        str | None, Query(max_length=18, description="the caller's own; may be left out")
    ] = None,
    status: Statuses = None,
    due_before: Annotated[date | None, Query(description="due on this day or earlier")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[Task]:
    """What the caller's department owes, by the day it is due: one call, one query."""
    return await _lists(request).tasks(
        subject,
        await office_of(request).moment(),
        department=department,
        statuses=status or (),
        due_before=due_before,
        cursor=cursor,
        limit=limit,
    )


def _lists(request: Request) -> CaseLists:
    lists: CaseLists = request.app.state.lists
    return lists
