"""The issuer's public keys: fetched once for all who ask, kept while the issuer is away."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from shared.auth.errors import KeysUnavailable

FetchKeys = Callable[[], Awaitable[dict[str, Any]]]

_log = structlog.get_logger(__name__)


class SigningKeys:
    """Keys by their id. An unknown id causes one fetch, however many ask at the same time."""

    def __init__(
        self,
        fetch: FetchKeys,
        *,
        min_interval: float = 5.0,
        retry_interval: float = 1.0,
        max_age: float = 600.0,
        timeout: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`max_age`: when known keys are asked for again, so that a withdrawn one is forgotten."""
        self._fetch = fetch
        self._min_interval = min_interval
        self._retry_interval = retry_interval
        self._max_age = max_age
        self._timeout = timeout
        self._clock = clock
        self._keys: dict[str, ECKey] = {}
        self._withdrawn: set[str] = set()
        self._next_fetch = float("-inf")
        self._stale_at = float("-inf")
        self._fetching: asyncio.Task[None] | None = None

    async def find(self, kid: str) -> ECKey | None:
        """The key with this id, or None; raises KeysUnavailable while no key was ever fetched."""
        if kid in self._keys:
            if self._clock() >= self._stale_at:
                self._start_fetch()
            return self._keys[kid]
        if kid in self._withdrawn:
            return None
        fetching = self._start_fetch()
        if fetching is not None:
            # One caller that gives up must not take the fetch away from the others.
            await asyncio.shield(fetching)
        if not self._keys:
            raise KeysUnavailable
        return self._keys.get(kid)

    def withdraw(self, kid: str) -> None:
        """Forget a key for good, whatever an answer that is under way still says."""
        self._withdrawn.add(kid)
        self._keys.pop(kid, None)

    async def close(self) -> None:
        """End a fetch that is under way."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)

    def _start_fetch(self) -> asyncio.Task[None] | None:
        if self._fetching is not None and not self._fetching.done():
            return self._fetching
        if self._clock() < self._next_fetch:
            return None
        self._fetching = asyncio.create_task(self._refresh())
        return self._fetching

    async def _refresh(self) -> None:
        interval = self._retry_interval
        try:
            async with asyncio.timeout(self._timeout):
                keys = usable_keys(await self._fetch())
            self._keys = {kid: k for kid, k in keys.items() if kid not in self._withdrawn}
            self._stale_at = self._clock() + self._max_age
            interval = self._min_interval
        except Exception as error:  # noqa: BLE001 - whatever fails there, known keys go on
            _log.warning(
                "signing_keys_not_fetched", error=type(error).__name__, kept=len(self._keys)
            )
        finally:
            self._next_fetch = self._clock() + interval


def usable_keys(key_set: dict[str, Any]) -> dict[str, ECKey]:
    """The P-256 signing keys of a JWK set by id; raises ValueError when there is none."""
    entries = key_set.get("keys") if isinstance(key_set, dict) else None
    if not isinstance(entries, list):
        raise ValueError("the key set has no list of keys")
    keys: dict[str, ECKey] = {}
    for entry in entries:
        if isinstance(entry, dict) and _is_ours(entry):
            try:
                keys.setdefault(entry["kid"], _public(entry))
            except (JoseError, ValueError, TypeError):
                _log.warning("signing_key_unreadable", kid=entry["kid"])
    if not keys:
        raise ValueError("the key set holds no ES256 signing key with an id")
    return keys


def _is_ours(entry: dict[str, Any]) -> bool:
    return (
        isinstance(entry.get("kid"), str)
        and entry.get("kty") == "EC"
        and entry.get("crv") == "P-256"
        and entry.get("alg", "ES256") == "ES256"
        and entry.get("use", "sig") == "sig"
    )


def _public(entry: dict[str, Any]) -> ECKey:
    return ECKey.import_key(
        {name: entry[name] for name in ("kty", "crv", "x", "y", "kid") if name in entry}
    )
