"""Not going on: what the person said no to, the client is told."""

from starlette.requests import Request
from starlette.responses import Response

from services.identity.api.answers import provider_of
from services.identity.api.authorization.endpoint import login_of, responder_of, waiting
from services.identity.api.authorization.respond import leave_for
from services.identity.commands.steps import reaches
from services.identity.domain.oauth import (
    AccessDenied,
    OAuthError,
    UnmetAuthenticationRequirements,
)


async def cancel(request: Request) -> Response:
    """Back to the client; the address is known to this browser only."""
    interaction = await waiting(request)
    login = await login_of(request)
    provider = provider_of(request)
    await provider.authorize.cancel(interaction)
    if interaction.request.for_own_pages:
        return leave_for(f"{provider.settings.public_base}/")
    error: OAuthError = AccessDenied("the person did not log in, or did not allow it")
    if login is not None and not reaches(interaction.request, login):
        error = UnmetAuthenticationRequirements("the login does not reach an acr that is essential")
    return responder_of(provider, interaction).error(error)
