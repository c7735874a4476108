"""Client authentication at the token endpoint and its neighbours (RFC 6749, section 2.3)."""

from starlette.requests import Request

from services.identity.api.answers import provider_of
from services.identity.api.client_authentication.client_secret_basic import (
    check_secret,
    credentials,
)
from services.identity.api.client_authentication.private_key_jwt import (
    check_assertion,
    claimed_client,
)
from services.identity.api.parameters import Parameters
from services.identity.domain.clients import AuthMethod, Client
from services.identity.domain.oauth import InvalidClient, InvalidRequest
from services.identity.store import clients

_LONGEST_ID = 64


async def authenticate_client(request: Request, parameters: Parameters) -> Client:
    """The client of this request; InvalidClient unless it proved itself by its own method."""
    method = check_one_method(request, parameters)
    if method == "private_key_jwt":
        return await _by_assertion(request, parameters)
    if method == "client_secret_basic":
        client_id, secret = credentials(request)
        check_same_client(parameters, client_id)
        client = await _registered(request, client_id, method)
        check_secret(client, secret)
        return client
    return await _registered(request, parameters.required("client_id"), method)


def check_one_method(request: Request, parameters: Parameters) -> AuthMethod:
    """The client MUST NOT use more than one authentication method in each request."""
    if parameters.one("client_secret") is not None:
        raise InvalidClient("a secret in the body is not taken: use client_secret_basic")
    basic = "authorization" in request.headers
    assertion = parameters.one("client_assertion") is not None
    if basic and assertion:
        raise InvalidRequest("use one method of client authentication, not two")
    if assertion:
        return "private_key_jwt"
    if basic:
        return "client_secret_basic"
    if parameters.one("client_id") is None:
        raise InvalidClient("the client did not authenticate")
    return "none"


def check_same_client(parameters: Parameters, client_id: str) -> None:
    """A client_id parameter, where given, names the client that authenticated."""
    if parameters.one("client_id") not in (None, client_id):
        raise InvalidRequest("client_id is not that of the client that authenticated")


async def _by_assertion(request: Request, parameters: Parameters) -> Client:
    assertion = parameters.required("client_assertion")
    client_id = claimed_client(parameters.one("client_assertion_type"), assertion)
    check_same_client(parameters, client_id)
    client = await _registered(request, client_id, "private_key_jwt")
    await check_assertion(provider_of(request), client, assertion)
    return client


async def _registered(request: Request, client_id: str, method: AuthMethod) -> Client:
    client = None
    if len(client_id) <= _LONGEST_ID:
        async with provider_of(request).db.read() as connection:
            client = await clients.find_client(connection, client_id)
    if client is None or client.auth_method != method:
        raise InvalidClient("unknown client, or not registered for this method")
    return client
