"""What the `type` of a problem leads to (RFC 9457): what it means and what can be done."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path
from starlette.responses import Response

from services.portal.pages.opening import Open

router = APIRouter(include_in_schema=False)


@router.get("/problems/{slug}")
async def problem(slug: Annotated[str, Path(max_length=100)], page: Open) -> Response:
    """One type of error, for people and for developers."""
    found = page.portal.problems.find(slug)
    if found is None:
        raise HTTPException(404)
    return page.render("problem.html", problem=found)
