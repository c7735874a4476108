"""The public signing keys (RFC 7517)."""

import orjson
from starlette.requests import Request
from starlette.responses import Response

from services.identity.api.answers import provider_of


async def jwks(request: Request) -> Response:
    """Public parts only: the next key, the active one, and the last."""
    key_set = await provider_of(request).keys.jwks()
    headers = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}
    return Response(orjson.dumps(key_set), 200, headers, media_type="application/jwk-set+json")
