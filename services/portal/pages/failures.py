"""Pages for what went wrong: what happened, what can be done, and a code for 12345."""

from collections.abc import Awaitable, Callable

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from services.portal.clients import Away, BadLogin, Refused, TokenRefused
from services.portal.commands import DESK
from services.portal.pages.opening import open_page
from services.portal.pages.page import LoginNeeded, NotTheirs, Page
from shared.db import DatabaseError
from shared.telemetry import trouble_code
from shared.web import Problem

_log = structlog.get_logger("portal")
_SERVER_ERROR = 500
_FORBIDDEN, _NOT_FOUND = 403, 404
_UNAVAILABLE = 503
_SCOPE_MISSING = "insufficient-scope"

Handler = Callable[[Request, Exception], Awaitable[Response]]


def install_failures(app: FastAPI) -> None:
    """Answer every error of the portal as a page."""
    handlers: dict[type[Exception], Handler] = {
        LoginNeeded: _login,
        NotTheirs: _not_theirs,
        TokenRefused: _token_refused,
        Refused: _refused,
        Away: _away,
        BadLogin: _away,
        DatabaseError: _away,
        HTTPException: _http,
        RequestValidationError: _invalid,
        Problem: _problem,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


async def unexpected(request: Request, error: Exception) -> Response:
    """The page for a mistake of ours."""
    await _log.aerror("request failed", error=repr(error), code=trouble_code())
    return await show(request, _SERVER_ERROR)


async def show(request: Request, status: int, words: str = "", remedy: str = "") -> Response:
    """The page that says what went wrong."""
    try:
        page = await open_page(request)
    except DatabaseError:
        page = Page(request, request.cookies.get("", "0" * 64), None)
    return page.render(
        "error.html", status, status=status, told=words, remedy=remedy, code=trouble_code()
    )


async def _login(request: Request, error: Exception) -> Response:
    assert isinstance(error, LoginNeeded)  # noqa: S101
    page = await open_page(request)
    path = "/desk/login" if error.role == DESK else "/login"
    if page.partial:
        response = Response(status_code=204)
        response.headers["HX-Redirect"] = f"{path}?next={error.back}"
        return response
    return page.go(f"{path}?next={_escaped(error.back)}")


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)  # noqa: S101
    if error.slug == _SCOPE_MISSING:  # its words are for developers: people know no scopes
        told = (await open_page(request)).translate
        return await show(request, error.status, told("您现在的身份没有这项权限。请换个身份再试。"))
    return await show(request, error.status, error.words, error.remedy)


async def _token_refused(request: Request, error: Exception) -> Response:
    """On without the login when it is over; otherwise a part is at odds with the provider."""
    page = await open_page(request)
    await _log.awarning("a token was refused", error=repr(error), code=trouble_code())
    if not await page.portal.visits.doubt(page.secret):
        return await show(request, _UNAVAILABLE)
    address = page.here if request.method == "GET" else page.back
    if not page.partial:
        return page.go(address)
    response = Response(status_code=204)
    response.headers["HX-Redirect"] = address
    return response


async def _not_theirs(request: Request, error: Exception) -> Response:
    assert isinstance(error, NotTheirs)  # noqa: S101
    page = await open_page(request)
    # The entrance of staff is one: who has another room is led there, and not turned away.
    if request.method == "GET" and request.url.path == "/desk" and page.rooms:
        return page.go(f"/{page.rooms[0]}")
    return page.render("not_theirs.html", _FORBIDDEN, asked=error.room)


async def _away(request: Request, error: Exception) -> Response:
    await _log.awarning("a part is away", error=repr(error), code=trouble_code())
    return await show(request, _UNAVAILABLE)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    response = await show(request, error.status_code)
    response.headers.update(error.headers or {})
    return response


async def _invalid(request: Request, error: Exception) -> Response:  # noqa: ARG001
    return await show(request, _NOT_FOUND)


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101
    return await show(request, error.status)


def _escaped(path: str) -> str:
    return path.replace("%", "%25").replace("&", "%26").replace("#", "%23").replace("+", "%2B")
