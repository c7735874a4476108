"""Token introspection (RFC 7662): for the token's own client and for whom it is meant."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from services.identity.api.answers import json, provider_of
from services.identity.api.client_authentication import authenticate_client
from services.identity.api.parameters import in_form
from services.identity.commands.provider import Provider
from services.identity.domain.binding import Binding
from services.identity.domain.clients import Client
from services.identity.domain.oauth import InvalidClient
from services.identity.domain.scopes import written
from shared.auth import InvalidToken, KeysUnavailable, Subject


async def introspection(request: Request) -> Response:
    """Whether an access token is active; nobody learns more about the tokens of others."""
    parameters = await in_form(request)
    parameters.check_not_repeated()
    client = await authenticate_client(request, parameters)
    if client.auth_method == "none":
        raise InvalidClient("a public client may not introspect")
    subject = await _active(provider_of(request), client, parameters.required("token"))
    if subject is None:
        return json({"active": False})
    return json(_written(subject, await _sub(provider_of(request), client, subject)))


async def _sub(provider: Provider, client: Client, subject: Subject) -> str:
    """A third party is told of the person what its ID tokens and userinfo say."""
    if not client.third_party or not subject.is_person:
        return subject.sub
    grant = await provider.live.grant(subject)
    return grant.subject if grant else subject.sub


async def _active(provider: Provider, client: Client, token: str) -> Subject | None:
    try:
        subject = await provider.own_tokens.verify(token)
    except KeysUnavailable:
        raise
    except InvalidToken:
        return None
    is_its_audience = provider.settings.audience(client.id) in subject.audiences
    if subject.client_id != client.id and not is_its_audience:
        return None
    return subject if await provider.live.hold(subject) else None


def _written(subject: Subject, sub: str) -> dict[str, Any]:
    binding = Binding(subject.bound_key, subject.bound_certificate)
    told: dict[str, Any] = {
        "active": True,
        "token_type": binding.token_type,
        "sub": sub,
        "client_id": subject.client_id,
        "scope": written(subject.scopes),
        "aud": sorted(subject.audiences),
        "jti": subject.token_id,
        "iat": int(subject.issued_at),
        "exp": int(subject.expires_at),
    }
    return told | {"cnf": binding.claim} if subject.is_bound else told
