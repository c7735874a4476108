"""Where upstreams tell of logouts (OpenID Connect Back-Channel Logout 1.0, section 2.5)."""

from starlette.requests import Request
from starlette.responses import Response

from services.identity.api.answers import provider_of
from services.identity.api.parameters import in_form
from services.identity.clients.upstreams import Away
from services.identity.domain.oauth import InvalidRequest
from services.identity.domain.upstream_tokens import Distrusted


async def logout_told(request: Request) -> Response:
    """200 when its logins here have ended, also when there were none; else 400."""
    provider = provider_of(request)
    token = (await in_form(request)).required("logout_token")
    try:
        await provider.federation.leaving.told_by(request.path_params["code"], token)
    except (Distrusted, Away) as error:
        raise InvalidRequest(f"the logout token is not believed: {error.code}") from None
    return Response(status_code=200, headers={"Cache-Control": "no-store"})
