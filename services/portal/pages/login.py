"""Logging in at the identity provider and coming back; acting for another; logging out."""

from dataclasses import replace
from typing import Annotated

import structlog
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from services.portal.clients import BadLogin, TokenRefused, Trouble
from services.portal.commands import DESK, PERSON, Login
from services.portal.domain.paths import safe_next
from services.portal.pages.opening import Form, Open
from services.portal.pages.page import Page
from services.portal.pages.portal import Portal

router = APIRouter(include_in_schema=False)
_log = structlog.get_logger("portal.login")

Next = Annotated[str, Query(alias="next", max_length=1000)]
Text = Annotated[str, Query(max_length=4000)]


@router.get("/login")
async def login(page: Open, back: Next = "/", switch: Text = "", again: Text = "") -> Response:
    """To the provider; `switch`: to choose anew for whom to act; `again`: as somebody else."""
    prompt = "login" if again else "consent" if switch else ""
    return await _begin(page, PERSON, safe_next(back), prompt)


@router.get("/desk/login")
async def desk_login(page: Open, back: Next = "/desk", again: Text = "") -> Response:
    """To the provider, as staff."""
    return await _begin(page, DESK, safe_next(back, "/desk"), "login" if again else "")


@router.get("/auth/callback")
async def callback(
    page: Open, state: Text = "", code: Text = "", iss: Text = "", error: Text = ""
) -> Response:
    """Back from the provider: with a code, or with the reason why there is none."""
    try:
        asked = await page.portal.visits.asked(page.secret, state, iss)
    except BadLogin:
        return _failed(page, "expired", PERSON, "/")
    if error or not code:
        reason = "refused" if error == "access_denied" else "failed"
        return _failed(page, reason, asked.role, asked.next)
    try:
        done = await page.portal.visits.redeem(asked, code)
    except BadLogin as wrong:
        await _log.awarning("login refused", reason=str(wrong))
        return _failed(page, "failed", asked.role, asked.next)
    done = replace(done, me=await _about(page, done))
    secret = await page.portal.visits.enter(page.secret, asked.role, done)
    return page.remember(page.go(asked.next), secret)


@router.post("/logout")
async def logout(page: Open, form: Form) -> Response:  # noqa: ARG001 - read for its token
    """End the visit here, then the login at the provider."""
    ended = await page.portal.visits.leave(page.secret)
    if ended is None:
        return page.go("/")
    visit, proof = ended
    await page.portal.applications.forget_visit(visit)
    back = f"{page.portal.settings.public_base}/"
    try:
        address = await page.portal.visits.logout_address(proof, back)
    except (Trouble, KeyError):
        return page.go("/")
    response = page.leave(address)
    response.delete_cookie(
        page.portal.settings.cookie, path="/", secure=page.portal.settings.secure, httponly=True
    )
    return response


@router.post("/auth/backchannel-logout")
async def backchannel_logout(request: Request) -> Response:
    """The provider says that a login has ended (OpenID Connect Back-Channel Logout 1.0).

    Who calls is known by the token's signature alone: no browser, no cookie, no form of ours.
    """
    portal = Portal.of(request)
    form = await request.form(max_files=0, max_fields=10)
    token = form.get("logout_token")
    try:
        ended = await portal.visits.end(token if isinstance(token, str) else "")
    except BadLogin as wrong:
        await _log.awarning("logout token refused", reason=str(wrong))
        return JSONResponse({"error": "invalid_request", "error_description": str(wrong)}, 400)
    except Trouble:
        return JSONResponse({"error": "temporarily_unavailable"}, 503)
    for visit in ended:
        await portal.applications.forget_visit(visit)
    return Response(status_code=200)


async def _begin(page: Page, role: str, back: str, prompt: str) -> Response:
    look = {
        "ui_locales": "en" if page.language == "en" else "zh-CN",
        "view": "elder" if page.elder else "plain",
    }
    return page.leave(await page.portal.visits.begin_login(page.secret, role, back, prompt, look))


async def _about(page: Page, login: Login) -> dict[str, object]:
    """Who logged in; while identity's API is away the person is simply not called by name."""
    try:
        return await page.portal.identity.me(login.tokens.access_token)
    except (Trouble, TokenRefused):
        return {"id": login.sub}


def _failed(page: Page, reason: str, role: str, back: str) -> Response:
    return page.render("login_failed.html", 403, reason=reason, role=role, back=back)
