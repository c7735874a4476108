"""The issuer's public keys, asked of identity directly and not through our own door."""

from typing import Any
from urllib.parse import urlsplit

import orjson

from shared.http.errors import BadUpstreamAnswer
from shared.http.wire import Timeouts, Upstream

_LARGEST = 262_144
_OK = 200
_PATIENCE = Timeouts(connect=1.0, wait=1.0, answer=3.0, idle=3.0)


class IssuerKeys:
    """Follows the issuer's metadata (RFC 8414) to its key set."""

    def __init__(self, identity: Upstream, issuer: str) -> None:
        self._identity = identity
        self._metadata = urlsplit(issuer).path.rstrip("/") + "/.well-known/openid-configuration"

    async def __call__(self) -> dict[str, Any]:
        """The key set; an error when identity cannot give it."""
        metadata = await self._get(self._metadata)
        address = metadata.get("jwks_uri")
        if not isinstance(address, str):
            raise BadUpstreamAnswer("the issuer's metadata name no jwks_uri")
        return await self._get(urlsplit(address).path)

    async def _get(self, path: str) -> dict[str, Any]:
        answer = await self._identity.send(b"GET", path.encode("ascii"), [], timeouts=_PATIENCE)
        try:
            content = orjson.loads(await answer.read(_LARGEST)) if answer.status == _OK else None
        except orjson.JSONDecodeError:
            content = None
        finally:
            answer.close()
        if not isinstance(content, dict):
            raise BadUpstreamAnswer(f"{path} answered {answer.status} without a JSON object")
        return content
