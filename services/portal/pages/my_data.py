"""Who read what of me, when, for which case, on what basis."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.portal.clients import Trouble
from services.portal.pages.opening import Personal

router = APIRouter(include_in_schema=False)


@router.get("/me/data")
async def my_data(
    page: Personal, cursor: Annotated[str | None, Query(max_length=1000)] = None
) -> Response:
    """The list of readings."""
    try:
        log = await page.portal.identity.access_log(page.token, cursor, page.language)
    except Trouble:
        log = None
    return page.render("me/data.html", log=log, places=await page.portal.places.map_or_empty())
