"""Answers of the protocol's endpoints, and its errors as JSON (RFC 6749, section 5.2)."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

import orjson
from starlette.requests import Request
from starlette.responses import Response

from services.identity.commands.provider import Provider
from services.identity.domain.oauth import (
    InsufficientScope,
    InvalidClient,
    InvalidToken,
    OAuthError,
    UseDPoPNonce,
)

_PRIVATE = {"Cache-Control": "no-store", "Pragma": "no-cache"}

Endpoint = Callable[[Request], Awaitable[Response]]


def provider_of(request: Request) -> Provider:
    """The provider that this app serves."""
    return cast(Provider, request.app.state.provider)


def json(
    content: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A JSON answer that nobody keeps."""
    return Response(
        orjson.dumps(content),
        status,
        {**_PRIVATE, **(headers or {})},
        media_type="application/json",
    )


def answering(endpoint: Endpoint) -> Endpoint:
    """The endpoint with the protocol's errors answered as JSON."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except OAuthError as error:
            return refusal(error)

    return answer


def refusal(error: OAuthError) -> Response:
    """The error as JSON, with the challenge that a 401 needs, or the nonce that a proof needs."""
    content = {"error": error.error, "error_description": error.description}
    return json(content, error.status, _challenge(error))


def _challenge(error: OAuthError) -> dict[str, str]:
    if isinstance(error, UseDPoPNonce):
        return {"DPoP-Nonce": error.nonce}
    if isinstance(error, InvalidClient):
        return {"WWW-Authenticate": 'Basic realm="tongban"'}
    if isinstance(error, InvalidToken) and error.challenge is not None:
        return {"WWW-Authenticate": error.challenge}
    if isinstance(error, InvalidToken | InsufficientScope):
        text = f'error="{error.error}", error_description="{error.description}"'
        return {"WWW-Authenticate": f'Bearer realm="tongban", {text}'}
    return {}
