"""Checking all answers, promising that they are true, and sending them."""

from fastapi import APIRouter
from starlette.responses import Response

from services.portal.clients import Away, Refused
from services.portal.pages import filling as steps
from services.portal.pages.apply import Key, show, told
from services.portal.pages.filling import Filling
from services.portal.pages.forms import Look, find_errors, lay_out
from services.portal.pages.guide import Code
from services.portal.pages.opening import Form, Personal
from services.portal.pages.page import Page

router = APIRouter(include_in_schema=False)
_UNPROCESSABLE, _UNAVAILABLE = 422, 503


@router.get("/items/{code}/check")
async def check(code: Code, page: Personal, key: Key = "") -> Response:
    """Every answer with its source and a way to change it."""
    found = await steps.find(page, key)
    if found is None:
        return page.go(f"/items/{code}/apply")
    if found.application.sent:
        return page.go(receipt_of(found))
    errors = find_errors(
        found.schema, steps.sendable(found), page.translate, found.application.fixed
    )
    if errors or not found.application.number:
        return page.go(found.address)
    return _show(page, found)


@router.post("/items/{code}/submit")
async def submit(code: Code, page: Personal, form: Form, key: Key = "") -> Response:
    """Send the application, once however often the button is pressed."""
    found = await steps.find(page, key)
    if found is None:
        return page.go(f"/items/{code}/apply")
    one = found.application
    if one.sent:
        return page.go(receipt_of(found))
    if form.one("promise") != "1":
        return _show(page, found, unpromised=True, status=_UNPROCESSABLE)
    failed = await _send(page, found)
    return failed or page.go(receipt_of(found))


async def _send(page: Page, found: Filling) -> Response | None:
    """Submit the draft; the page to show instead when that did not work."""
    one = found.application
    try:
        # The same key for the same draft: the second press gives the first one's case.
        await page.portal.cases.act(
            page.token, one.number, "submit", {}, key=one.submit_key, language=page.language
        )
    except Away:
        return _show(page, found, away=True, status=_UNAVAILABLE)
    except Refused as refused:
        if refused.slug == "act-not-allowed":
            return page.go(f"/me/cases/{one.number}")
        if refused.status != _UNPROCESSABLE or not refused.problem.get("errors"):
            raise
        return show(page, found, told(refused), status=_UNPROCESSABLE)
    one.sent = True
    await steps.keep(page, found)
    return None


def receipt_of(found: Filling) -> str:
    """The page that confirms the submission."""
    return f"/me/cases/{found.application.number}/receipt"


def _show(
    page: Page,
    found: Filling,
    *,
    unpromised: bool = False,
    away: bool = False,
    status: int = 200,
) -> Response:
    look = Look(page.language, {}, found.origins)
    fields = lay_out(found.schema, found.application.form, look)
    return page.render(
        "check.html", status, found=found, fields=fields, item=found.item,
        unpromised=unpromised, away=away,
    )  # fmt: skip
