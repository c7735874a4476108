"""What an upstream says of itself (OpenID Connect Discovery, section 4), fetched and kept."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from services.identity.clients.upstreams.fetching import Away, Fetching, Refused
from services.identity.clients.upstreams.keys import KeySets
from services.identity.domain.upstream_tokens import Distrusted

_FRESH_SECONDS = 600.0
_STALE_SECONDS = 24 * 3600.0
_NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_WANTED = ("userinfo_endpoint", "end_session_endpoint")


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """The part of it that we use; every address was checked for its scheme."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    tells_issuer: bool
    takes_claims: bool


class Providers:
    """The metadata and keys of every upstream."""

    def __init__(
        self,
        fetching: Fetching,
        *,
        loopback_http: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`loopback_http`: plain HTTP is allowed to this machine, in onebox."""
        self.fetching = fetching
        self.keys = KeySets(fetching, clock)
        self._loopback_http = loopback_http
        self._clock = clock
        self._known: dict[str, tuple[Metadata, float]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def metadata(self, issuer: str) -> Metadata:
        """What is known; asked anew after ten minutes, and kept for a day when it cannot be."""
        async with self._locks.setdefault(issuer, asyncio.Lock()):
            known, at = self._known.get(issuer, (None, 0.0))
            age = self._clock() - at
            if known is not None and age < _FRESH_SECONDS:
                return known
            try:
                found = await self._discover(issuer)
            except (Away, Refused) as error:
                if known is not None and age < _STALE_SECONDS:
                    return known
                raise Away(error.code if isinstance(error, Away) else "no_metadata") from None
            self._known[issuer] = (found, self._clock())
            return found

    async def close(self) -> None:
        """Cut every connection."""
        await self.fetching.close()

    async def _discover(self, issuer: str) -> Metadata:
        url = f"{issuer.removesuffix('/')}/.well-known/openid-configuration"
        found = await self.fetching.get(url)
        if found.get("issuer") != issuer:
            raise Distrusted("metadata_of_another_issuer")
        addresses = {name: self._address(found, name) for name in (*_NEEDED, *_WANTED)}
        if missing := next((name for name in _NEEDED if addresses[name] is None), None):
            raise Distrusted(f"no_{missing}")
        return Metadata(
            issuer=issuer,
            tells_issuer=found.get("authorization_response_iss_parameter_supported") is True,
            takes_claims=found.get("claims_parameter_supported") is True,
            **addresses,  # type: ignore[arg-type] # the needed ones are there
        )

    def _address(self, found: dict[str, Any], name: str) -> str | None:
        value = found.get(name)
        if value is None:
            return None
        parts = urlsplit(value) if isinstance(value, str) else None
        if parts is None or not parts.hostname or parts.fragment:
            raise Distrusted(f"bad_{name}")
        local = self._loopback_http and parts.hostname in ("127.0.0.1", "::1", "localhost")
        if parts.scheme != "https" and not (parts.scheme == "http" and local):
            raise Distrusted(f"bad_{name}")
        return str(value)
