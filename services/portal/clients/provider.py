"""The identity provider as a client meets it: discovery, tokens, keys (OpenID Connect Core)."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from services.portal.clients.gateway import Away, Json, MakeClient, Refused, send
from shared import clock
from shared.auth import KeysUnavailable, SigningKeys
from shared.auth.assertions import private_key_jwt

CLIENT = "portal"
_MOUNT = "/identity"
_DISCOVERY = f"{_MOUNT}/.well-known/openid-configuration"
_LEEWAY = 5
_LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_OLDEST = 600.0


class BadLogin(Exception):
    """What came back from the provider cannot be trusted, or says no."""


@dataclass(frozen=True, slots=True)
class TokenSet:
    """Tokens as the provider gave them."""

    access_token: str
    refresh_token: str
    id_token: str
    expires_at: float
    scope: str | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of one session of a person; without a `sid` of all of them."""

    sub: str
    sid: str


class Provider:
    """The provider: people's browsers go to its issuer, our own calls through the gateway."""

    def __init__(self, make: MakeClient, issuer: str, key: Callable[[], ECKey]) -> None:
        """`key`: the private key with which the portal proves itself, read at its first use."""
        self._http = make()
        self.issuer = issuer
        self._key = key
        self._keys = SigningKeys(self._fetch_keys)
        self._known: Json | None = None
        self._known_until = 0.0

    async def address(self, endpoint: str) -> str:
        """An endpoint of the provider as browsers reach it."""
        return str((await self._metadata())[endpoint])

    async def redeem(self, code: str, verifier: str, redirect_uri: str) -> TokenSet:
        """The tokens for an authorization code."""
        return await self._token(
            grant_type="authorization_code",
            code=code,
            code_verifier=verifier,
            redirect_uri=redirect_uri,
        )

    async def refresh(self, token: str) -> TokenSet:
        """The next tokens of the same login."""
        return await self._token(grant_type="refresh_token", refresh_token=token)

    async def verified(self, tokens: TokenSet, nonce: str) -> dict[str, Any]:
        """The claims of the ID token (Core, section 3.1.3.7), or BadLogin."""
        claims = await self._signed(tokens.id_token)
        now = clock.now().timestamp()
        audience = claims.get("aud")
        checks = {
            "iss": claims.get("iss") == self.issuer,
            "aud": audience in (CLIENT, [CLIENT]),
            "azp": claims.get("azp", CLIENT) == CLIENT,
            "exp": _is_time(claims.get("exp")) and claims["exp"] + _LEEWAY > now,
            "iat": _is_time(claims.get("iat")) and claims["iat"] - _LEEWAY <= now,
            "nonce": claims.get("nonce") == nonce,
            "sub": isinstance(claims.get("sub"), str) and bool(claims["sub"]),
            "at_hash": claims.get("at_hash") in (None, _at_hash(tokens.access_token)),
        }
        if wrong := [name for name, holds in checks.items() if not holds]:
            raise BadLogin(f"the ID token's {', '.join(wrong)} does not fit")
        return claims

    async def logged_out(self, token: str) -> Ended:
        """What a logout token says (Back-Channel Logout 1.0, section 2.6), or BadLogin."""
        claims = await self._signed(token)
        now = clock.now().timestamp()
        events, issued, ends = claims.get("events"), claims.get("iat", ""), claims.get("exp", "")
        checks = {
            "iss": claims.get("iss") == self.issuer,
            "aud": claims.get("aud") in (CLIENT, [CLIENT]),
            "iat": _is_time(issued) and now - _OLDEST < float(issued) <= now + _LEEWAY,
            "exp": _is_time(ends) and float(ends) + _LEEWAY > now,
            "events": isinstance(events, dict) and isinstance(events.get(_LOGOUT_EVENT), dict),
            "nonce": "nonce" not in claims,
            "jti": isinstance(claims.get("jti"), str),
            "sub": isinstance(claims.get("sub"), str) or isinstance(claims.get("sid"), str),
        }
        if wrong := [name for name, holds in checks.items() if not holds]:
            raise BadLogin(f"the logout token's {', '.join(wrong)} does not fit")
        return Ended(str(claims.get("sub", "")), str(claims.get("sid", "")))

    async def close(self) -> None:
        """End a fetch of keys that is under way."""
        await self._keys.close()

    async def _signed(self, token: str) -> dict[str, Any]:
        try:
            key = await self._keys.find(_key_id(token))
            if key is None:
                raise BadLogin("the ID token's key is not one of the provider's")
            return dict(jwt.decode(token, key, algorithms=["ES256"]).claims)
        except KeysUnavailable as error:
            raise Away("the provider's keys cannot be fetched") from error
        except (JoseError, ValueError) as error:
            raise BadLogin("the ID token's signature does not match") from error

    async def _token(self, **form: str) -> TokenSet:
        asked = clock.now().timestamp()
        private_key_jwt(CLIENT, self._key(), self.issuer)(form)
        try:
            answer = await self._send("POST", await self.address("token_endpoint"), data=form)
        except Refused as refused:
            raise BadLogin(f"the provider refused: {refused.problem.get('error')}") from refused
        try:
            return TokenSet(
                access_token=answer["access_token"],
                refresh_token=answer.get("refresh_token", ""),
                id_token=answer.get("id_token", ""),
                expires_at=asked + float(answer["expires_in"]),
                scope=answer.get("scope"),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise Away("the provider's answer holds no token") from error

    async def _metadata(self) -> Json:
        now = clock.now().timestamp()
        if self._known is None or now > self._known_until:
            found = await self._send("GET", _DISCOVERY)
            if found.get("issuer") != self.issuer:
                raise Away(f"the provider calls itself {found.get('issuer')}, not {self.issuer}")
            self._known, self._known_until = found, now + _OLDEST
        return self._known

    async def _fetch_keys(self) -> Json:
        return await self._send("GET", await self.address("jwks_uri"))

    async def _send(self, method: str, url: str, **request: Any) -> Json:
        """An endpoint under the issuer is called through the gateway."""
        if url.startswith(self.issuer):
            url = _MOUNT + url[len(self.issuer) :]
        return await send(
            self._http, method, url, headers={"Accept": "application/json"}, **request
        )


def challenge(verifier: str) -> str:
    """The S256 challenge of a PKCE verifier (RFC 7636)."""
    return _base64(hashlib.sha256(verifier.encode()).digest())


def _key_id(token: str) -> str:
    try:
        header = jws.extract_compact(token.encode()).headers()
    except (JoseError, ValueError, TypeError, AttributeError):
        raise BadLogin("the ID token cannot be read") from None
    kid = header.get("kid")
    if header.get("alg") != "ES256" or not isinstance(kid, str):
        raise BadLogin("the ID token is not signed with a known ES256 key")
    return kid


def _at_hash(access_token: str) -> str:
    return _base64(hashlib.sha256(access_token.encode()).digest()[:16])


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
