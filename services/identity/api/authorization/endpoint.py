"""The authorization endpoint (RFC 6749, section 3.1; OpenID Connect Core, section 3.1.2)."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from services.identity.api.answers import provider_of
from services.identity.api.authorization.checks import checked, response_mode_of
from services.identity.api.authorization.pushed import check_pushed_if_required, pushed_request
from services.identity.api.authorization.respond import Responder, leave_for
from services.identity.api.authorization.trust import check_client, check_redirect_uri
from services.identity.api.parameters import Parameters, in_form, in_query
from services.identity.commands.authorization import Next
from services.identity.commands.provider import Provider
from services.identity.commands.shown import LoginOver, ShownError
from services.identity.domain.logins import Login
from services.identity.domain.oauth import OAuthError
from services.identity.domain.views import VIEWS
from services.identity.queries.logins import current_login
from services.identity.store.interactions import Interaction, find_interaction
from shared.clock import now
from shared.i18n import negotiate


async def authorization(request: Request) -> Response:
    """A new authorization request, by GET or POST, or one that was pushed before."""
    provider = provider_of(request)
    try:
        given = await _parameters(request)
        client = await check_client(provider, given)
        pushed = await pushed_request(provider, client, given)
        parameters = pushed or given
        redirect_uri = check_redirect_uri(client, parameters)
    except OAuthError as error:
        raise ShownError(error) from None
    responder = Responder(
        issuer=provider.settings.issuer,
        redirect_uri=redirect_uri,
        state=parameters.first("state"),
        mode=response_mode_of(parameters),
    )
    try:
        check_pushed_if_required(client, pushed)
        wanted = await checked(provider, client, redirect_uri, parameters)
        came = await provider.authorize.begin(wanted, await login_of(request))
    except OAuthError as error:
        return responder.error(error)
    return _went(provider, came, responder, _look(parameters))


async def resume(request: Request) -> Response:
    """The way back from the pages: a request that waited for its person."""
    provider = provider_of(request)
    interaction = await waiting(request)
    responder = responder_of(provider, interaction)
    try:
        came = await provider.authorize.resume(interaction, await login_of(request))
    except OAuthError as error:
        return responder.error(error)
    return _went(provider, came, responder)


async def waiting(request: Request) -> Interaction:
    """The authorization request of this address."""
    async with provider_of(request).db.read() as connection:
        interaction = await find_interaction(connection, request.path_params["id"], now())
    if interaction is None:
        raise LoginOver
    return interaction


def responder_of(provider: Provider, interaction: Interaction) -> Responder:
    """What answers a request that waited."""
    asked = interaction.request
    return Responder(
        issuer=provider.settings.issuer,
        redirect_uri=asked.redirect_uri,
        state=asked.state,
        mode=asked.response_mode,
    )


async def _parameters(request: Request) -> Parameters:
    return await in_form(request) if request.method == "POST" else in_query(request)


async def login_of(request: Request) -> Login | None:
    """The open login of this browser."""
    provider = provider_of(request)
    return await current_login(provider.db, request.cookies.get(provider.settings.cookie("login")))


def _went(provider: Provider, came: Next, responder: Responder, look: str = "") -> Response:
    if came.step == "done":
        return responder.code(came.value)
    if came.step == "page":
        return leave_for(came.value)
    return leave_for(f"{provider.settings.issuer}/{came.step}/{came.value}{look}")


def _look(parameters: Parameters) -> str:
    """`ui_locales`, and the view that the portal shows, as the pages take them."""
    asked: dict[str, str] = {}
    if (locales := parameters.first("ui_locales")) is not None:
        asked["lang"] = negotiate(locales.replace(" ", ","))
    if (view := parameters.first("view")) in VIEWS:
        asked["view"] = view
    return f"?{urlencode(asked)}" if asked else ""
