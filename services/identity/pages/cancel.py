"""Not logging in after all."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from services.identity.pages.interactions import redirect, waiting
from services.identity.pages.render import provider_of


async def cancel(request: Request) -> Response:
    """Back to the client with `access_denied`; the address is known to this browser only."""
    interaction = await waiting(request)
    provider = provider_of(request)
    await provider.authorize.cancel(interaction)
    asked = interaction.request
    if asked.for_own_pages:
        return redirect(f"{provider.settings.public_base}/")
    told = {
        "error": "access_denied",
        "error_description": "the person did not log in",
        **({"state": asked.state} if asked.state is not None else {}),
        "iss": provider.settings.issuer,
    }
    return redirect(
        f"{asked.redirect_uri}{'&' if '?' in asked.redirect_uri else '?'}{urlencode(told)}"
    )
