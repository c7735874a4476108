"""The device authorization endpoint (RFC 8628, sections 3.1 and 3.2)."""

from starlette.requests import Request
from starlette.responses import Response

from services.identity.api.answers import json, provider_of
from services.identity.api.authorization.checks import check_scope
from services.identity.api.client_authentication import authenticate_client
from services.identity.api.parameters import in_form
from services.identity.domain.clients import DEVICE_CODE
from services.identity.domain.device_codes import INTERVAL_SECONDS, LIFETIME, shown
from services.identity.domain.oauth import UnauthorizedClient
from services.identity.domain.targets import aim


async def device_authorization(request: Request) -> Response:
    """A code for the device, and one for the person whom it asks to go elsewhere."""
    parameters = await in_form(request)
    parameters.check_not_repeated()
    client = await authenticate_client(request, parameters)
    if DEVICE_CODE not in client.grant_types:
        raise UnauthorizedClient("the client is not registered for this grant type")
    provider = provider_of(request)
    asked = check_scope(client, parameters)
    scopes, audience = aim(asked, parameters.many("resource"), provider.settings.public_base)
    started = await provider.devices.begin(client.id, scopes, audience)
    where, code = f"{provider.settings.issuer}/device", shown(started.user_code)
    return json(
        {
            "device_code": started.device_code,
            "user_code": code,
            "verification_uri": where,
            "verification_uri_complete": f"{where}?user_code={code}",
            "expires_in": int(LIFETIME.total_seconds()),
            "interval": INTERVAL_SECONDS,
        }
    )
