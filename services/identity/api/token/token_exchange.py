"""The token exchange grant (RFC 8693): delegation only, never impersonation."""

from dataclasses import replace

from services.identity.api.parameters import Parameters
from services.identity.commands.issuing import Tokens
from services.identity.commands.provider import Provider
from services.identity.domain.binding import Binding
from services.identity.domain.clients import Client
from services.identity.domain.oauth import InvalidRequest, InvalidTarget
from services.identity.domain.scopes import parse

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - a type's name


async def token_exchange(
    provider: Provider, client: Client, parameters: Parameters, binding: Binding
) -> Tokens:
    """A token that names the person, and this client in `act`."""
    check_token_types(parameters)
    audience = check_audience(parameters)
    asked = parameters.one("scope")
    tokens = await provider.exchange(
        client,
        parameters.required("subject_token"),
        parse(asked) if asked is not None else None,
        audience,
        binding,
    )
    return replace(tokens, issued_token_type=ACCESS_TOKEN)


def check_token_types(parameters: Parameters) -> None:
    """Access tokens in, access tokens out; the actor is the client that authenticated."""
    if parameters.required("subject_token_type") != ACCESS_TOKEN:
        raise InvalidRequest(f"subject_token_type must be {ACCESS_TOKEN}")
    if parameters.one("requested_token_type") not in (None, ACCESS_TOKEN):
        raise InvalidRequest(f"requested_token_type must be {ACCESS_TOKEN}")
    if parameters.one("actor_token") is not None:
        raise InvalidRequest("actor_token is not taken: the actor is the client itself")


def check_audience(parameters: Parameters) -> tuple[str, ...]:
    """Say for whom the token is meant: nothing broader is given."""
    audience = (*parameters.many("audience"), *parameters.many("resource"))
    if not audience:
        raise InvalidTarget("audience is missing")
    return audience
