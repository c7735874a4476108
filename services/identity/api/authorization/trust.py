"""The two checks whose failure is shown and never redirected (RFC 6749, section 4.1.2.1)."""

from services.identity.api.parameters import Parameters
from services.identity.commands.provider import Provider
from services.identity.domain.clients import AUTHORIZATION_CODE, Client
from services.identity.domain.oauth import InvalidRequest, UnauthorizedClient
from services.identity.domain.redirect_uris import is_registered
from services.identity.store import clients

_LONGEST_ID = 64


async def check_client(provider: Provider, parameters: Parameters) -> Client:
    """The client must be registered for this grant."""
    client_id = parameters.required("client_id")
    client = None
    if len(client_id) <= _LONGEST_ID:
        async with provider.db.read() as connection:
            client = await clients.find_client(connection, client_id)
    if client is None or AUTHORIZATION_CODE not in client.grant_types:
        raise InvalidRequest("client_id names no client that logs people in")
    return client


def check_logs_people_in(client: Client) -> None:
    """The same of a client that has proved who it is (RFC 9126, section 2.3)."""
    if AUTHORIZATION_CODE not in client.grant_types:
        raise UnauthorizedClient("the client is not registered to log people in")


def check_redirect_uri(client: Client, parameters: Parameters) -> str:
    """It is required, and must be one of the registered ones character by character."""
    redirect_uri = parameters.required("redirect_uri")
    if not is_registered(redirect_uri, client.redirect_uris, native=client.native):
        raise InvalidRequest("redirect_uri is not registered for this client")
    return redirect_uri
