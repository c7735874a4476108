"""Client authentication at the token endpoint and its neighbours (RFC 6749, section 2.3)."""

from collections.abc import Callable

from starlette.requests import Request

from services.identity.api.answers import provider_of
from services.identity.api.client_authentication.client_secret_basic import (
    check_secret,
    credentials,
)
from services.identity.api.client_authentication.mutual_tls import (
    certificate_of,
    check_certificate,
)
from services.identity.api.client_authentication.private_key_jwt import (
    Assertion,
    check_claims,
    check_signature,
    claimed_client,
)
from services.identity.api.parameters import Parameters
from services.identity.domain.clients import TLS_METHODS, AuthMethod, Client
from services.identity.domain.oauth import InvalidClient, InvalidRequest


async def authenticate_client(request: Request, parameters: Parameters) -> Client:
    """The client of this request; InvalidClient unless it proved itself by its own method."""
    method = check_one_method(request, parameters)
    if method == "private_key_jwt":
        return await _by_assertion(request, parameters)
    if method == "client_secret_basic":
        client_id, secret = credentials(request)
        check_same_client(parameters, client_id)
        return await _proven(request, client_id, method, lambda one: check_secret(one, secret))
    certificate, methods = certificate_of(request), provider_of(request).settings.tls_methods
    client_id = parameters.required("client_id")
    return await _proven(
        request, client_id, method, lambda one: _check_without_secret(one, certificate, methods)
    )


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
    assertion = Assertion.read(
        parameters.one("client_assertion_type"), parameters.required("client_assertion")
    )
    client_id = claimed_client(assertion)
    check_same_client(parameters, client_id)
    client = await _proven(
        request, client_id, "private_key_jwt", lambda one: check_signature(one, assertion)
    )
    await check_claims(provider_of(request), client, assertion)
    return client


async def _proven(
    request: Request, client_id: str, method: AuthMethod, prove: Callable[[Client], None]
) -> Client:
    """By what is known of the client; before it is refused, by what is stored at this moment."""
    known = provider_of(request).clients
    client = await known.find(client_id)
    try:
        return _checked(client, method, prove)
    except InvalidClient:
        stored = await known.stored(client_id)
        if stored == client:
            raise
        return _checked(stored, method, prove)


def _check_without_secret(
    client: Client, certificate: bytes | None, methods: tuple[AuthMethod, ...]
) -> None:
    """A public client proves nothing; the others by the certificate of their connection."""
    if client.auth_method != "none" and client.auth_method not in methods:
        raise InvalidClient("clients are not known by a certificate of this kind here")
    if client.auth_method in TLS_METHODS:
        check_certificate(client, certificate)


def _checked(client: Client | None, method: AuthMethod, prove: Callable[[Client], None]) -> Client:
    methods = ("none", *TLS_METHODS) if method == "none" else (method,)
    if client is None or client.auth_method not in methods:
        raise InvalidClient("unknown client, or not registered for this method")
    prove(client)
    return client
