"""Whom the client has in mind: `id_token_hint`, `login_hint`, and `sub` in `claims`."""

from services.identity.api.parameters import Parameters
from services.identity.commands.logout_request import read_hint
from services.identity.commands.provider import Provider
from services.identity.domain.claims import ClaimsRequest
from services.identity.domain.clients import Client
from services.identity.domain.grants import ToldBefore
from services.identity.domain.oauth import InvalidRequest

_LONGEST = 200


async def told_before(
    provider: Provider, client: Client, parameters: Parameters, claims: ClaimsRequest
) -> ToldBefore | None:
    """The person whom an ID token of ours names, expired or not, or whom `claims` asks for."""
    given = parameters.one("id_token_hint")
    if given is None:
        return ToldBefore(client.id, claims.subject) if claims.subject else None
    hint = read_hint(given, await provider.keys.jwks(), provider.settings.issuer)
    if hint is None:
        raise InvalidRequest("id_token_hint is no ID token that was signed here")
    if claims.subject not in (None, hint.person):
        raise InvalidRequest("id_token_hint and sub in claims name two people")
    return ToldBefore(hint.client, hint.person)


def login_hint_of(parameters: Parameters) -> str | None:
    """What the login page begins with; one that is too long is no name of anybody."""
    hint = parameters.one("login_hint")
    return hint if hint is not None and len(hint) <= _LONGEST else None
