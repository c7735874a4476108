"""What tokens say: access tokens (RFC 9068) and ID tokens, signed with the active key."""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.identity.commands.levels import acr_for
from services.identity.commands.signing import Signer, SigningKeys
from services.identity.domain.binding import BEARER, Binding
from services.identity.domain.clients import Client
from services.identity.domain.delegations import Delegation
from services.identity.domain.grants import ACCESS_TOKEN_LIFETIME, Grant
from services.identity.domain.scopes import OPENID, written
from services.identity.domain.staff import Staff
from services.identity.store.standing import Standing
from shared.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """The answer of the token endpoint."""

    access_token: str
    access_token_id: str
    expires_at: datetime
    expires_in: int
    scope: str
    refresh_token: str | None = None
    id_token: str | None = None
    issued_token_type: str | None = None
    token_type: str = "Bearer"  # noqa: S105 - a type's name


@dataclass(frozen=True, slots=True)
class Actor:
    """The service that calls for somebody, and those it was called by (RFC 8693 `act`)."""

    client: str
    before: tuple[str, ...]
    until: datetime

    def claim(self) -> dict[str, Any]:
        """The chain, the nearest outermost."""
        chain: dict[str, Any] = {}
        for service in reversed((self.client, *self.before)):
            chain = {"sub": service} | ({"act": chain} if chain else {})
        return chain


class Issuer:
    """The issuer of all tokens."""

    def __init__(self, issuer: str, keys: SigningKeys) -> None:
        self._issuer = issuer
        self._keys = keys

    async def writer(self) -> "TokenWriter":
        """What writes tokens now; get it before a transaction begins, for it may read keys."""
        return TokenWriter(self._issuer, await self._keys.signer())


class TokenWriter:
    """Writes tokens with one key."""

    def __init__(self, issuer: str, signer: Signer) -> None:
        self._issuer = issuer
        self._signer = signer

    def for_system(
        self,
        client: Client,
        scopes: Iterable[str],
        audience: Iterable[str],
        moment: datetime,
        binding: Binding = BEARER,
    ) -> Tokens:
        """An access token for a machine; it says whose system it is."""
        claims: dict[str, Any] = {"sub": client.id}
        if client.department is not None:
            claims["system"] = {"department": client.department, "region": client.region}
        ends = moment + ACCESS_TOKEN_LIFETIME
        return self.sign(claims, client.id, scopes, audience, moment, ends, binding)

    def for_person(
        self,
        grant: Grant,
        stands: Standing,
        scopes: Iterable[str],
        audience: Iterable[str],
        moment: datetime,
        *,
        binding: Binding = BEARER,
        actor: Actor | None = None,
    ) -> Tokens:
        """An access token of a grant: who logged in, for whom, and which service calls for him."""
        scopes = frozenset(scopes)
        claims: dict[str, Any] = {
            "sub": subject_for(grant, scopes),
            "acr": stands.login.acr,
            "sid": grant.login,
            "auth_time": int(stands.login.auth_time.timestamp()),
        }
        if stands.delegation is not None:
            claims["on_behalf_of"] = on_behalf_of(stands.delegation)
        if stands.office is not None and "staff" in scopes:
            claims["staff"] = staff_claim(stands.office)
        ends, client = moment + ACCESS_TOKEN_LIFETIME, grant.client
        if stands.office is not None and stands.office.ends_at is not None:
            ends = min(ends, stands.office.ends_at)
        if actor is not None:
            claims["act"], client = actor.claim(), actor.client
            ends = min(ends, actor.until)
        return self.sign(claims, client, scopes, audience, moment, ends, binding)

    def sign(
        self,
        claims: dict[str, Any],
        client_id: str,
        scopes: Iterable[str],
        audience: Iterable[str],
        moment: datetime,
        ends: datetime,
        binding: Binding = BEARER,
    ) -> Tokens:
        """Add what every access token says, and sign."""
        if cnf := binding.claim:
            claims["cnf"] = cnf
        token_id = new_id("jti")
        scope = written(scopes)
        begins, until = int(moment.timestamp()), int(ends.timestamp())
        token = self._signer.sign(
            "at+jwt",
            {
                "iss": self._issuer,
                "aud": sorted(audience),
                "client_id": client_id,
                "scope": scope,
                "jti": token_id,
                "iat": begins,
                "exp": until,
                **claims,
            },
        )
        return Tokens(
            access_token=token,
            access_token_id=token_id,
            expires_at=ends,
            expires_in=until - begins,
            scope=scope,
            token_type=binding.token_type,
        )

    def id_token(
        self,
        grant: Grant,
        stands: Standing,
        access_token: str,
        moment: datetime,
        personal: Mapping[str, Any],
    ) -> str:
        """The ID token of a grant (OpenID Connect Core, section 2), with claims of the person."""
        begins = int(moment.timestamp())
        claims: dict[str, Any] = {
            **personal,
            "iss": self._issuer,
            "sub": grant.subject,
            "aud": grant.client,
            "iat": begins,
            "exp": begins + int(ACCESS_TOKEN_LIFETIME.total_seconds()),
            "auth_time": int(stands.login.auth_time.timestamp()),
            "acr": acr_for(stands.login, grant.claims.essential_acr),
            "amr": list(stands.login.amr),
            "sid": grant.login,
            "at_hash": at_hash(access_token),
        }
        if grant.nonce is not None:
            claims["nonce"] = grant.nonce
        return self._signer.sign("JWT", claims)


def subject_for(grant: Grant, scopes: frozenset[str]) -> str:
    """Services of the platform know a person by his id; a token that opens userinfo alone names him
    as the client's ID tokens do.
    """
    return grant.subject if scopes <= OPENID else grant.person


def on_behalf_of(delegation: Delegation) -> dict[str, Any]:
    """The claim that names for whom, and on which authority."""
    claim: dict[str, Any] = {
        "type": delegation.principal.type,
        "id": delegation.principal.id,
        "delegation": delegation.id,
    }
    if delegation.items is not None:
        claim["items"] = sorted(delegation.items)
    if delegation.valid_until is not None:
        claim["exp"] = int(delegation.valid_until.timestamp())
    return claim


def staff_claim(office: Staff) -> dict[str, Any]:
    """The claim that names an office, and for a deputy whose office he fills."""
    claim: dict[str, Any] = {
        "id": office.id,
        "department": office.department,
        "region": office.region,
        "positions": list(office.positions),
        "roles": list(office.roles),
    }
    if office.in_place_of is not None:
        behind = office.in_place_of
        claim["in_place_of"] = {"id": behind.office, "deputation": behind.deputation}
    return claim


def at_hash(access_token: str) -> str:
    """The left half of the token's SHA-256 (OpenID Connect Core, section 3.1.3.6)."""
    half = hashlib.sha256(access_token.encode()).digest()[:16]
    return base64.urlsafe_b64encode(half).rstrip(b"=").decode()
