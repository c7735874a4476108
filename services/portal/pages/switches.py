"""Language and size of letters: kept in a cookie, and back to the page one came from."""

from fastapi import APIRouter
from starlette.responses import Response

from services.portal.domain.paths import safe_next
from services.portal.pages.opening import Form, Open
from services.portal.pages.page import ELDER_COOKIE, LANGUAGE_COOKIE

router = APIRouter(include_in_schema=False)


@router.post("/language")
async def language(page: Open, form: Form) -> Response:
    """Chinese or English from now on."""
    chosen = "en" if form.one("language") == "en" else "zh"
    return page.choose(page.go(safe_next(form.one("next"))), LANGUAGE_COOKIE, chosen)


@router.post("/elder")
async def elder(page: Open, form: Form) -> Response:
    """Large letters on or off."""
    chosen = "1" if form.one("elder") == "1" else "0"
    return page.choose(page.go(safe_next(form.one("next"))), ELDER_COOKIE, chosen)
