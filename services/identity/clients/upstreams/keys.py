"""The public keys of upstreams; an unknown key id makes us ask again, but not at every request."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, KeySet, OKPKey, RSAKey

from services.identity.clients.upstreams.fetching import Away, Fetching, Refused
from services.identity.domain.upstream_tokens import Distrusted

Kind = type[RSAKey] | type[ECKey] | type[OKPKey]

# No `none`, and no HMAC: a public key must never be taken for a shared secret.
ALGORITHMS: dict[str, Kind] = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), RSAKey),
    **dict.fromkeys(("ES256", "ES384", "ES512"), ECKey),
    **dict.fromkeys(("EdDSA", "Ed25519"), OKPKey),
}
_REGISTRY = jws.JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)
_LARGEST = 64 * 1024
_LEAST_RSA_BITS = 2048
_BETWEEN_SECONDS = 10.0
_MAX_AGE_SECONDS = 3600.0


class KeySets:
    """Signatures of upstreams, verified."""

    def __init__(self, fetching: Fetching, clock: Callable[[], float]) -> None:
        self._fetching = fetching
        self.clock = clock
        self._known: dict[str, tuple[list[Key], float]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def verify(self, token: str, jwks_uri: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Header and claims of a token that this upstream signed; else Distrusted."""
        if len(token) > _LARGEST:
            raise Distrusted("token_too_large")
        try:
            signed = jws.extract_compact(token.encode(), registry=_REGISTRY)
            header = signed.headers()
        except (JoseError, ValueError, TypeError, AttributeError, RecursionError):
            raise Distrusted("no_token") from None
        kind = ALGORITHMS.get(str(header.get("alg")))
        if kind is None or "crit" in header:
            raise Distrusted("wrong_algorithm")
        key = await self._key(jwks_uri, header.get("kid"), kind, str(header["alg"]))
        try:
            good = jws.validate_compact(signed, key, registry=_REGISTRY)
            claims = json.loads(signed.payload or b"")
        except (JoseError, ValueError, TypeError, RecursionError):
            raise Distrusted("wrong_signature") from None
        if not good or not isinstance(claims, dict):
            raise Distrusted("wrong_signature")
        return header, claims

    async def _key(self, jwks_uri: str, kid: object, kind: Kind, alg: str) -> Key:
        async with self._locks.setdefault(jwks_uri, asyncio.Lock()):
            keys, at = self._known.get(jwks_uri, ([], float("-inf")))
            age = self.clock() - at
            fitting = _fitting(keys, kid, kind, alg)
            if (fitting is None and age >= _BETWEEN_SECONDS) or age >= _MAX_AGE_SECONDS:
                keys = await self._fetch(jwks_uri, keys)
                fitting = _fitting(keys, kid, kind, alg)
        if fitting is None:
            raise Distrusted("unknown_key")
        return fitting

    async def _fetch(self, jwks_uri: str, known: list[Key]) -> list[Key]:
        try:
            found = _read(await self._fetching.get(jwks_uri))
        except (Away, Refused) as error:
            if known:
                return known
            raise Away(error.code if isinstance(error, Away) else "no_keys") from None
        self._known[jwks_uri] = (found, self.clock())
        return found


def _read(found: dict[str, Any]) -> list[Key]:
    """Each key that we can use; one that we cannot read spoils no other."""
    keys: list[Key] = []
    listed = found.get("keys")
    for entry in listed if isinstance(listed, list) else []:
        try:
            keys += KeySet.import_key_set({"keys": [entry]}).keys
        except (JoseError, ValueError, TypeError, KeyError, AttributeError):
            continue
    return [key for key in keys if key.dict_value.get("use", "sig") == "sig"]


def _fitting(keys: list[Key], kid: object, kind: Kind, alg: str) -> Key | None:
    """By its id; a token without one is signed by the only key of its kind, or by none."""
    fits = [key for key in keys if isinstance(key, kind) and _may(key, alg)]
    if kid is not None:
        fits = [key for key in fits if key.dict_value.get("kid") == kid]
    return fits[0] if len(fits) == 1 else None


def _may(key: Key, alg: str) -> bool:
    if key.dict_value.get("alg", alg) != alg:
        return False
    return not isinstance(key, RSAKey) or key.public_key.key_size >= _LEAST_RSA_BITS
