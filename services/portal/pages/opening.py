"""What a route asks for: the page, somebody logged in, a form that really came from us."""

import secrets
from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, HTTPException
from starlette.requests import Request

from services.portal.commands import DESK, PERSON
from services.portal.pages.page import STAFF_ROOMS, LoginNeeded, NotTheirs, Page
from services.portal.pages.portal import Portal
from shared.telemetry import facts
from shared.telemetry.baggage import carriable

CSRF_FIELD = "_csrf"
_SECRET_LENGTH = 64
_SAME_SITE = frozenset({"same-origin", "none", ""})


async def open_page(request: Request) -> Page:
    """The page of this request; a browser without a secret gets one with its first answer."""
    portal = Portal.of(request)
    facts(**carriable({"case_number": request.path_params.get("number")}))
    secret = request.cookies.get(portal.settings.cookie, "")
    if len(secret) != _SECRET_LENGTH or not secret.isalnum():
        return Page(request, secrets.token_hex(_SECRET_LENGTH // 2), None)
    return Page(request, secret, await portal.visits.find(secret))


Open = Annotated[Page, Depends(open_page)]


async def _logged_in(page: Page, role: str) -> Page:
    token = await page.portal.visits.token(page.secret, role) if page.visit else None
    if token is None:
        back = page.here if page.request.method == "GET" else page.back
        raise LoginNeeded(role, back)
    page.token = token
    return page


async def for_person(page: Open) -> Page:
    """A page for a person who is logged in."""
    return await _logged_in(page, PERSON)


async def for_desk(page: Open) -> Page:
    """A page for staff whose post handles cases."""
    return await _in_room(page, "desk")


async def for_operator(page: Open) -> Page:
    """A page for who runs the platform."""
    return await _in_room(page, "ops")


async def _in_room(page: Page, room: str) -> Page:
    page = await _logged_in(page, DESK)
    if not page.may(STAFF_ROOMS[room]):
        raise NotTheirs(room)
    return page


Personal = Annotated[Page, Depends(for_person)]
AtDesk = Annotated[Page, Depends(for_desk)]
AtOps = Annotated[Page, Depends(for_operator)]


class Posted(dict[str, Sequence[str]]):
    """The fields of a form, each with all its values."""

    def one(self, name: str, default: str = "") -> str:
        """The last value of a field."""
        values = self.get(name)
        return values[-1].strip() if values else default

    def all(self, name: str) -> list[str]:
        """Every value of a field."""
        return [value.strip() for value in self.get(name, ()) if value.strip()]


async def read_form(request: Request, page: Open) -> Posted:
    """The posted form; one that did not come from a page of this browser is refused."""
    if request.headers.get("sec-fetch-site", "") not in _SAME_SITE:
        raise HTTPException(403, "csrf")
    form = await request.form(max_files=0, max_fields=5000)
    posted = Posted()
    for name, value in form.multi_items():
        if isinstance(value, str) and "\0" not in value:
            posted[name] = (*posted.get(name, ()), value)
    if not page.csrf_fits(posted.one(CSRF_FIELD)):
        raise HTTPException(403, "csrf")
    return posted


Form = Annotated[Posted, Depends(read_form)]
