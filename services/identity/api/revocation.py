"""Token revocation (RFC 7009)."""

from starlette.requests import Request
from starlette.responses import Response

from services.identity.api.answers import provider_of
from services.identity.api.client_authentication import authenticate_client
from services.identity.api.parameters import in_form
from services.identity.commands.revocation import revoke


async def revocation(request: Request) -> Response:
    """200 whether or not there was something to revoke: the token is no good in either case."""
    parameters = await in_form(request)
    parameters.check_not_repeated()
    client = await authenticate_client(request, parameters)
    provider = provider_of(request)
    await revoke(
        provider.db, provider.records, provider.own_tokens, client, parameters.required("token")
    )
    return Response(status_code=200, headers={"Cache-Control": "no-store"})
