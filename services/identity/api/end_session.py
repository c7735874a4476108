"""The end session endpoint (OpenID Connect RP-Initiated Logout 1.0)."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.identity.api.answers import provider_of
from services.identity.api.parameters import Parameters, in_form, in_query
from services.identity.commands.logout_request import LogoutRequest, check_logout, read_hint
from services.identity.commands.provider import Provider
from services.identity.commands.shown import ShownError
from services.identity.domain.logins import Login
from services.identity.domain.oauth import OAuthError
from services.identity.queries.logins import current_login

_KEPT = ("client_id", "post_logout_redirect_uri", "state")


async def end_session(request: Request) -> Response:
    """At once with an ID token of this very login; otherwise the person is asked first."""
    provider = provider_of(request)
    try:
        parameters = await in_form(request) if request.method == "POST" else in_query(request)
        parameters.check_not_repeated()
        asked = await _checked(provider, parameters)
    except OAuthError as error:
        raise ShownError(error) from None
    cookie = provider.settings.cookie("login")
    login = await current_login(provider.db, request.cookies.get(cookie))
    if login is not None and not is_of_this_login(asked, login):
        return _ask(provider, asked, parameters)
    if login is not None:
        await provider.log_out(login)
    location = asked.location or f"{provider.settings.issuer}/logged-out"
    onward = await provider.federation.leaving.onward(login, location)
    answer = RedirectResponse(onward or location, 303)
    answer.headers["Cache-Control"] = "no-store"
    answer.delete_cookie(
        cookie,
        path=provider.settings.cookie_path,
        secure=provider.settings.issuer_is_secure,
        httponly=True,
        samesite="lax",
    )
    return answer


def is_of_this_login(asked: LogoutRequest, login: Login) -> bool:
    """Whether the hint proves that who asks was told of this login."""
    return asked.hint is not None and asked.hint.session == login.id


async def _checked(provider: Provider, parameters: Parameters) -> LogoutRequest:
    given = parameters.one("id_token_hint")
    key_set = await provider.keys.jwks()
    hint = read_hint(given, key_set, provider.settings.issuer) if given else None
    async with provider.db.read() as connection:
        return await check_logout(connection, hint, *(parameters.one(name) for name in _KEPT))


def _ask(provider: Provider, asked: LogoutRequest, parameters: Parameters) -> Response:
    kept = {name: value for name in _KEPT if (value := parameters.one(name)) is not None}
    if asked.client is not None:
        kept["client_id"] = asked.client
    return RedirectResponse(f"{provider.settings.issuer}/logout?{urlencode(kept)}", 303)
