"""Requests that were pushed (RFC 9126, section 4): their reference, and nothing beside it."""

from services.identity.api.parameters import Parameters
from services.identity.commands.provider import Provider
from services.identity.commands.pushing import PREFIX
from services.identity.domain.clients import Client
from services.identity.domain.oauth import InvalidRequest


async def pushed_request(
    provider: Provider, client: Client, given: Parameters
) -> Parameters | None:
    """The parameters that the client pushed; what else the browser brings is not looked at."""
    request_uri = given.one("request_uri")
    if request_uri is None or not request_uri.startswith(PREFIX):
        return None
    return Parameters(await provider.pushing.take(client, request_uri))


def check_pushed_if_required(client: Client, pushed: Parameters | None) -> None:
    """`require_pushed_authorization_requests`: of such a client nothing else is taken."""
    if client.require_par and pushed is None:
        raise InvalidRequest("this client must push its authorization requests")
