"""An address below /identity that is none: a page for people, a problem for programs."""

from collections.abc import Awaitable, Callable
from typing import cast

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from services.identity.pages.render import page

_NOT_FOUND = 404
Handler = Callable[[Request, Exception], Awaitable[Response]]


def show_nowhere(app: FastAPI) -> Handler:
    """Answers where no route does; what is no page's is answered as everywhere."""
    problem = cast(Handler, app.exception_handlers[HTTPException])

    async def nowhere(request: Request, error: Exception) -> Response:
        wants_page = "text/html" in request.headers.get("accept", "")
        if wants_page and request.url.path.startswith("/identity/"):
            return page(request, "not_found.html", status=_NOT_FOUND)
        return await problem(request, error)

    return nowhere
