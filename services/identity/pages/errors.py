"""Errors that are shown, because the browser cannot safely be sent back."""

from starlette.requests import Request
from starlette.responses import Response

from services.identity.commands.shown import LoginOver, ShownError
from services.identity.pages.render import page
from shared.telemetry import trouble_code


async def show_error(request: Request, error: Exception) -> Response:
    """What went wrong, in words for the person and in those of the protocol."""
    assert isinstance(error, ShownError)  # noqa: S101 - it is registered for nothing else
    return page(
        request,
        "error.html",
        status=400,
        over=isinstance(error, LoginOver),
        error=error.cause.error,
        description=error.cause.description,
        code=trouble_code(),
    )
