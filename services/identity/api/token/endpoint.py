"""The token endpoint (RFC 6749, section 3.2)."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from services.identity.api.answers import json, provider_of
from services.identity.api.client_authentication import authenticate_client
from services.identity.api.client_authentication.mutual_tls import certificate_of
from services.identity.api.parameters import Parameters, in_form
from services.identity.api.proof import proven_key
from services.identity.api.token.authorization_code import authorization_code
from services.identity.api.token.client_credentials import client_credentials
from services.identity.api.token.device_code import device_code
from services.identity.api.token.refresh_token import refresh_token
from services.identity.api.token.token_exchange import token_exchange
from services.identity.commands.issuing import Tokens
from services.identity.commands.provider import Provider
from services.identity.domain.binding import Binding
from services.identity.domain.clients import (
    AUTHORIZATION_CODE,
    CLIENT_CREDENTIALS,
    DEVICE_CODE,
    REFRESH_TOKEN,
    TOKEN_EXCHANGE,
    Client,
)
from services.identity.domain.oauth import InvalidRequest, UnauthorizedClient, UnsupportedGrantType
from shared.auth.certificates import thumbprint

Grant = Callable[[Provider, Client, Parameters, Binding], Awaitable[Tokens]]

GRANTS: dict[str, Grant] = {
    AUTHORIZATION_CODE: authorization_code,
    REFRESH_TOKEN: refresh_token,
    CLIENT_CREDENTIALS: client_credentials,
    TOKEN_EXCHANGE: token_exchange,
    DEVICE_CODE: device_code,
}


async def token(request: Request) -> Response:
    """Tokens for a client that proved itself and holds a grant."""
    parameters = await in_form(request)
    parameters.check_not_repeated()
    grant_type = parameters.required("grant_type")
    client = await authenticate_client(request, parameters)
    grant = GRANTS.get(grant_type)
    if grant is None:
        raise UnsupportedGrantType("this grant type does not exist here")
    if grant_type not in client.grant_types:
        raise UnauthorizedClient("the client is not registered for this grant type")
    provider = provider_of(request)
    binding = await _binding(request, client)
    return json(_written(await grant(provider, client, parameters, binding)))


async def _binding(request: Request, client: Client) -> Binding:
    """The key that was proved, and the certificate for a client that wants its tokens so bound."""
    key = await proven_key(request, client, *provider_of(request).settings.at_issuer("token"))
    if not client.certificate_bound_access_tokens:
        return Binding(key)
    certificate = certificate_of(request)
    if certificate is None:
        raise InvalidRequest("the client's tokens are bound to its certificate: none came")
    return Binding(key, thumbprint(certificate))


def _written(tokens: Tokens) -> dict[str, Any]:
    answer = {
        "access_token": tokens.access_token,
        "token_type": tokens.token_type,
        "expires_in": tokens.expires_in,
        "scope": tokens.scope,
        "refresh_token": tokens.refresh_token,
        "id_token": tokens.id_token,
        "issued_token_type": tokens.issued_token_type,
    }
    return {name: value for name, value in answer.items() if value is not None}
