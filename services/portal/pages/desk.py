"""An officer's work, by the day it is due."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.portal.pages.opening import AtDesk

router = APIRouter(include_in_schema=False)
_A_PAGE = 50
_ALL = ("submitted", "accepted", "suspended", "decided")


@router.get("/desk")
async def worklist(
    page: AtDesk,
    status: Annotated[str, Query(max_length=20)] = "",
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> Response:
    """What the department owes, the most urgent first."""
    chosen = status if status in _ALL else ""
    tasks = await page.portal.cases.tasks(page.token, status=chosen, cursor=cursor, limit=_A_PAGE)
    return page.render("desk/worklist.html", tasks=tasks, chosen=chosen, statuses=_ALL)
