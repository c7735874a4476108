"""My cases: what is under way, what is unfinished, what is done."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.portal.clients import Away
from services.portal.pages.opening import Personal

router = APIRouter(include_in_schema=False)
_A_PAGE = 20


@router.get("/me")
async def my_cases(
    page: Personal, cursor: Annotated[str | None, Query(max_length=1000)] = None
) -> Response:
    """The cases of the person, or of the one he acts for, the newest first."""
    try:
        found = await page.portal.cases.mine(page.token, cursor=cursor, limit=_A_PAGE)
    except Away:
        found = None
    return page.render("me/cases.html", found=found)
