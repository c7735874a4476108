"""The pushed authorization request endpoint (RFC 9126)."""

from starlette.requests import Request
from starlette.responses import Response

from services.identity.api.answers import json, provider_of
from services.identity.api.authorization.checks import checked
from services.identity.api.authorization.trust import check_logs_people_in, check_redirect_uri
from services.identity.api.client_authentication import authenticate_client
from services.identity.api.parameters import Parameters, in_form
from services.identity.commands.pushing import LIFETIME
from services.identity.domain.oauth import InvalidRequest

_OF_THE_CLIENT = ("client_assertion", "client_assertion_type", "client_secret")


async def pushed_authorization(request: Request) -> Response:
    """Every check of the authorization endpoint made now; a reference for a minute."""
    provider = provider_of(request)
    given = await in_form(request)
    given.check_not_repeated()
    client = await authenticate_client(request, given)
    check_logs_people_in(client)
    check_no_reference(given)
    parameters = given.without(*_OF_THE_CLIENT)
    await checked(provider, client, check_redirect_uri(client, parameters), parameters)
    reference = await provider.pushing.push(client, parameters.pairs())
    lives = int(LIFETIME.total_seconds())
    return json({"request_uri": reference, "expires_in": lives}, 201)


def check_no_reference(parameters: Parameters) -> None:
    """A request that is pushed refers to no other (RFC 9126, section 2.1)."""
    if parameters.one("request_uri") is not None:
        raise InvalidRequest("request_uri cannot be pushed")
