"""Asking before somebody is logged out, and saying that it is done."""

from starlette.requests import Request
from starlette.responses import Response

from services.identity.commands.logout_request import LogoutRequest, check_logout
from services.identity.commands.shown import ShownError
from services.identity.domain.oauth import OAuthError
from services.identity.pages.forms import Form
from services.identity.pages.interactions import login_of, redirect
from services.identity.pages.render import page, provider_of, set_cookie

_KEPT = ("client_id", "post_logout_redirect_uri", "state")


async def show_logout(request: Request) -> Response:
    """The question."""
    asked = await _checked(request)
    form = Form(request, "logout")
    kept = {name: request.query_params[name] for name in _KEPT if name in request.query_params}
    return form.shown(
        page(request, "logout.html", leads_to=asked.location, token=form.token, kept=kept)
    )


async def log_out(request: Request) -> Response:
    """The answer yes."""
    await Form(request, "logout").fields()
    asked = await _checked(request)
    provider = provider_of(request)
    login = await login_of(request)
    if login is not None:
        await provider.log_out(login)
    location = asked.location or f"{provider.settings.issuer}/logged-out"
    onward = await provider.federation.leaving.onward(login, location)
    answer = redirect(location) if onward is None else _leaving(request, onward)
    set_cookie(answer, provider.settings, "login", "", life=0)
    return answer


def _leaving(request: Request, onward: str) -> Response:
    """A page that goes on by itself: a form may not be redirected to where nobody named."""
    headers = {"Refresh": f"0; url={onward}"}
    return page(request, "leaving.html", headers=headers, onward=onward)


async def show_logged_out(request: Request) -> Response:
    """Done."""
    return page(request, "logged_out.html")


async def _checked(request: Request) -> LogoutRequest:
    given = request.query_params
    try:
        async with provider_of(request).db.read() as connection:
            return await check_logout(connection, None, *(given.get(name) for name in _KEPT))
    except OAuthError as error:
        raise ShownError(error) from None
