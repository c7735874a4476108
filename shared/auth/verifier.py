"""Verify an access token at the edge and again in each service (RFC 9068, ES256 only)."""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError

from shared import clock
from shared.auth.claims import moment, subject_of, text
from shared.auth.errors import InvalidToken, Reason
from shared.auth.jwks import FetchKeys, SigningKeys
from shared.auth.possession import Possession
from shared.auth.revocations import Revocations
from shared.auth.subject import Subject

_TYPES = ("at+jwt", "application/at+jwt")
_REGISTRY = jws.JWSRegistry(algorithms=["ES256"], strict_check_header=False)


class Verifier:
    """Tokens of one issuer; `audience` None leaves the audience to the caller (the gateway)."""

    def __init__(
        self,
        jwks: FetchKeys,
        issuer: str,
        audience: str | None,
        *,
        keys: SigningKeys | None = None,
        leeway: float = 5.0,
        max_lifetime: float = 3600.0,
        max_size: int = 8192,
        cache_size: int = 10_000,
        certificates: bool = False,
    ) -> None:
        """`certificates`: whether the gateway tells the client's, where one came."""
        self.certificates = certificates
        self._keys = keys or SigningKeys(jwks)
        self._issuer = issuer
        self._audience = audience
        self.possession = Possession()
        self._leeway = leeway
        self._max_lifetime = max_lifetime
        self._max_size = max_size
        self._cache_size = cache_size
        self._cache: OrderedDict[bytes, Subject] = OrderedDict()
        # After this time no token from before a revocation can be valid any more.
        self.longest_life = timedelta(seconds=max_lifetime + 2 * leeway)
        self._revocations = Revocations(keep=self.longest_life)
        self.cache_hits = 0
        self.cache_misses = 0

    @property
    def audience(self) -> str | None:
        """The public address of the API that tokens must be meant for."""
        return self._audience

    async def verify(self, token: str) -> Subject:
        """The token's subject; raises InvalidToken with the reason.

        What it is bound to, `possession` checks against the request that it came with.
        """
        if len(token) > self._max_size:
            raise InvalidToken(Reason.TOO_LARGE, f"the token is longer than {self._max_size} bytes")
        if not token.isascii():
            raise InvalidToken(Reason.MALFORMED, "the token is not ASCII")
        digest = hashlib.sha256(token.encode()).digest()
        subject = self._cached(digest)
        if subject is None:
            subject = await self._verified(token)
            self._remember(digest, subject)
        if self._revocations.hit(subject):
            raise InvalidToken(Reason.REVOKED, "the token was revoked")
        return subject

    def revoke(
        self, identifier: str, at: datetime | None = None, *, for_good: bool = False
    ) -> None:
        """Refuse what was issued until `at` (now) to this id of a token, login, person, client,
        delegation or staff; `for_good`: and what is issued afterwards, for it is never used again.
        """
        self._revocations.add(identifier, at or clock.now(), for_good=for_good)

    def withdraw_key(self, kid: str) -> None:
        """Refuse everything that this key signed, tokens that were verified before included."""
        self._keys.withdraw(kid)
        self._cache.clear()

    async def close(self) -> None:
        """End what is under way in the background."""
        await self._keys.close()

    def _cached(self, digest: bytes) -> Subject | None:
        subject = self._cache.get(digest)
        if subject is None or _ends_at(subject) <= clock.now().timestamp():
            self._cache.pop(digest, None)
            self.cache_misses += 1
            return None
        self.cache_hits += 1
        self._cache.move_to_end(digest)
        return subject

    def _remember(self, digest: bytes, subject: Subject) -> None:
        # Within the leeway after its end a token is accepted, but no longer worth keeping.
        if _ends_at(subject) > clock.now().timestamp():
            self._cache[digest] = subject
            if len(self._cache) > self._cache_size:
                self._cache.popitem(last=False)

    async def _verified(self, token: str) -> Subject:
        signed = _parse(token)
        kid = _checked_header(signed.headers())
        key = await self._keys.find(kid)
        if key is None:
            raise InvalidToken(Reason.UNKNOWN_KEY, "the token's key is not one of the issuer's")
        try:
            genuine = jws.validate_compact(signed, key, registry=_REGISTRY)
        except JoseError:
            genuine = False
        if not genuine:
            raise InvalidToken(Reason.BAD_SIGNATURE, "the signature does not match")
        claims = _object(signed.payload or b"")
        self._check_issue(claims)
        subject = subject_of(claims)
        if self._audience is not None and self._audience not in subject.audiences:
            raise InvalidToken(Reason.WRONG_AUDIENCE, "the token is meant for another service")
        if _ends_at(subject) + self._leeway <= clock.now().timestamp():
            raise InvalidToken(Reason.EXPIRED, "the token has expired")
        return subject

    def _check_issue(self, claims: Mapping[str, Any]) -> None:
        if text(claims, "iss") != self._issuer:
            raise InvalidToken(Reason.WRONG_ISSUER, "the token comes from another issuer")
        issued, ends = moment(claims, "iat"), moment(claims, "exp")
        begins = max(issued, moment(claims, "nbf")) if "nbf" in claims else issued
        if begins - self._leeway > clock.now().timestamp():
            raise InvalidToken(
                Reason.NOT_YET_VALID, "the token is not valid yet; compare the clocks"
            )
        if not 0 < ends - issued <= self._max_lifetime:
            raise InvalidToken(
                Reason.BAD_CLAIMS, f"a token lives {self._max_lifetime:.0f} s at most"
            )


def _ends_at(subject: Subject) -> float:
    delegated = subject.on_behalf_of.expires_at if subject.on_behalf_of else None
    return subject.expires_at if delegated is None else min(subject.expires_at, delegated)


def _parse(token: str) -> jws.CompactSignature:
    try:
        signed = jws.extract_compact(token.encode(), registry=_REGISTRY)
    except (JoseError, ValueError, TypeError, AttributeError, RecursionError):
        raise InvalidToken(Reason.MALFORMED, "the token is not a signed JWT") from None
    if not isinstance(signed.headers(), dict):
        raise InvalidToken(Reason.MALFORMED, "the token's header is not an object")
    return signed


def _checked_header(header: Mapping[str, Any]) -> str:
    """The key id; `jku`, `x5u`, `jwk` and `x5c` are never looked at."""
    if header.get("alg") != "ES256":
        raise InvalidToken(Reason.WRONG_ALGORITHM, "access tokens are signed with ES256 only")
    kind = header.get("typ")
    if not isinstance(kind, str) or kind.lower() not in _TYPES:
        raise InvalidToken(Reason.WRONG_TYPE, "this is no access token (typ must be at+jwt)")
    if "crit" in header:
        raise InvalidToken(Reason.MALFORMED, "the token demands an extension that is not known")
    kid = header.get("kid")
    if not isinstance(kid, str) or not kid:
        raise InvalidToken(Reason.UNKNOWN_KEY, "the token names no key")
    return kid


def _object(payload: bytes) -> dict[str, Any]:
    try:
        claims = json.loads(payload)
    except (ValueError, RecursionError):
        claims = None
    if not isinstance(claims, dict):
        raise InvalidToken(Reason.MALFORMED, "the token's content is not a JSON object")
    return claims
