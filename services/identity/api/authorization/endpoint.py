"""The authorization endpoint (RFC 6749, section 3.1; OpenID Connect Core, section 3.1.2)."""

from collections.abc import Awaitable
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.identity.api.answers import provider_of
from services.identity.api.authorization.checks import checked
from services.identity.api.authorization.respond import error_location, success_location
from services.identity.api.authorization.trust import check_client, check_redirect_uri
from services.identity.api.parameters import Parameters, in_form, in_query
from services.identity.commands.authorization import Next
from services.identity.commands.provider import Provider
from services.identity.commands.shown import LoginOver, ShownError
from services.identity.domain.logins import Login
from services.identity.domain.oauth import OAuthError
from services.identity.domain.views import VIEWS
from services.identity.queries.logins import current_login
from services.identity.store.interactions import find_interaction
from shared.clock import now
from shared.i18n import negotiate


async def authorization(request: Request) -> Response:
    """A new authorization request, by GET or POST."""
    provider = provider_of(request)
    try:
        parameters = await _parameters(request)
        client = await check_client(provider, parameters)
        redirect_uri = check_redirect_uri(client, parameters)
    except OAuthError as error:
        raise ShownError(error) from None
    state = parameters.first("state")
    try:
        wanted = checked(provider.settings, client, redirect_uri, parameters)
        step = provider.authorize.begin(wanted, await _login(request))
        return await _went(provider, step, redirect_uri, state, _look(parameters))
    except OAuthError as error:
        issuer = provider.settings.issuer
        return _to(error_location(redirect_uri, error, state, issuer))


async def resume(request: Request) -> Response:
    """The way back from the pages: a request that waited for its person."""
    provider = provider_of(request)
    async with provider.db.read() as connection:
        interaction = await find_interaction(connection, request.path_params["id"], now())
    if interaction is None:
        raise LoginOver
    redirect_uri, state = interaction.request.redirect_uri, interaction.request.state
    try:
        step = provider.authorize.resume(interaction, await _login(request))
        return await _went(provider, step, redirect_uri, state)
    except OAuthError as error:
        issuer = provider.settings.issuer
        return _to(error_location(redirect_uri, error, state, issuer))


async def _parameters(request: Request) -> Parameters:
    return await in_form(request) if request.method == "POST" else in_query(request)


async def _login(request: Request) -> Login | None:
    provider = provider_of(request)
    return await current_login(provider.db, request.cookies.get(provider.settings.cookie("login")))


async def _went(
    provider: Provider,
    step: Awaitable[Next],
    redirect_uri: str,
    state: str | None,
    look: str = "",
) -> Response:
    came = await step
    issuer = provider.settings.issuer
    if came.step == "done":
        return _to(success_location(redirect_uri, came.value, state, issuer))
    if came.step == "page":
        return _to(came.value)
    return _to(f"{issuer}/{came.step}/{came.value}{look}")


def _look(parameters: Parameters) -> str:
    """`ui_locales`, and the view that the portal shows, as the pages take them."""
    asked: dict[str, str] = {}
    if (locales := parameters.first("ui_locales")) is not None:
        asked["lang"] = negotiate(locales.replace(" ", ","))
    if (view := parameters.first("view")) in VIEWS:
        asked["view"] = view
    return f"?{urlencode(asked)}" if asked else ""


def _to(location: str) -> Response:
    """303, so that a POST with a password is never sent on; no Referer leaves with a code."""
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return RedirectResponse(location, 303, headers)
