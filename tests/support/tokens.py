"""An issuer of access tokens for tests: real keys, real signatures, any claim as you like it."""

from collections.abc import Sequence
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry

from shared import clock
from shared.auth import Verifier
from shared.ids import new_id

ISSUER = "http://localhost:8000/identity"
AUDIENCE = "http://localhost:8000/api/cases"


class Issuer:
    """Signs tokens, counts how often its key set is fetched, and can be taken down."""

    def __init__(self, issuer: str = ISSUER, audience: str = AUDIENCE) -> None:
        self.issuer = issuer
        self.audience = audience
        self.keys = [new_key()]
        self.fetches = 0
        self.down = False

    @property
    def key(self) -> ECKey:
        """The key that signs now."""
        return self.keys[-1]

    async def jwks(self) -> dict[str, Any]:
        """The public key set, as the endpoint answers it."""
        self.fetches += 1
        if self.down:
            raise ConnectionError("the key set cannot be reached")
        return {"keys": [key.as_dict(private=False) for key in self.keys]}

    def roll(self) -> None:
        """Sign with a new key from now on."""
        self.keys.append(new_key())

    def claims(self, **changes: Any) -> dict[str, Any]:
        """A person's claims with changes; None takes a claim away."""
        now = int(clock.now().timestamp())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": [self.audience],
            "sub": "psn_0190a1b2",
            "client_id": "portal",
            "scope": "cases.apply cases.read",
            "acr": "urn:tongban:acr:l2",
            "sid": "ses_0190a1b2",
            "jti": new_id("jti"),
            "iat": now,
            "auth_time": now - 60,
            "exp": now + 300,
        } | changes
        return {name: value for name, value in claims.items() if value is not None}

    def token(
        self, *, key: ECKey | None = None, header: dict[str, Any] | None = None, **changes: Any
    ) -> str:
        """A signed access token; `header` changes the protected header."""
        key = key or self.key
        protected = {"alg": "ES256", "typ": "at+jwt", "kid": key.kid} | (header or {})
        return self.sign(protected, self.claims(**changes), key)

    @staticmethod
    def sign(header: dict[str, Any], claims: dict[str, Any], key: Any) -> str:
        """Sign whatever is asked, also what a sound issuer never would."""
        kept = {name: value for name, value in header.items() if value is not None}
        registry = JWSRegistry(algorithms=[header["alg"]], strict_check_header=False)
        return jwt.encode(kept, claims, key, registry=registry, default_type=None)


def new_key() -> ECKey:
    """A P-256 key whose id is its thumbprint."""
    key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, private=True)
    key.ensure_kid()
    return key


class TokenMaker(Issuer):
    """Tokens as identity issues them, for the kinds of callers that a service meets."""

    def __init__(self, base: str = "http://localhost:8000") -> None:
        super().__init__(f"{base}/identity")
        self.base = base

    def key_set(self) -> dict[str, Any]:
        """The public keys at once, without awaiting."""
        return {"keys": [key.as_dict(private=False) for key in self.keys]}

    def verifier(self, service: str) -> Verifier:
        """What a service of this name verifies with."""
        return Verifier(self.jwks, self.issuer, f"{self.base}/api/{service}")

    def person(
        self,
        person: str = "psn_0190a1b2",
        *,
        scopes: str = "cases.apply cases.read",
        acting_for: str | None = None,
        delegation: str = "dlg_0190a1b2",
        items: Sequence[str] | None = None,
        level: int = 2,
        act: Sequence[str] = (),
        **changes: Any,
    ) -> str:
        """A citizen for himself, or for an organisation (`org_…`) or person that he represents.

        `act`: the services that call for him, the nearest first.
        """
        behalf = {
            "type": "org" if (acting_for or "").startswith("org_") else "person",
            "id": acting_for,
            "delegation": delegation,
            "items": list(items) if items is not None else None,
        }
        return self._for_scopes(
            scopes,
            sub=person,
            acr=f"urn:tongban:acr:l{level}",
            on_behalf_of=behalf if acting_for else None,
            act=_chain(act),
            **changes,
        )

    def staff(
        self,
        staff: str = "stf_0190a1b2",
        *,
        department: str = "11990102MB2824177L",
        region: str = "990102000000",
        roles: Sequence[str] = ("officer",),
        positions: Sequence[str] = (),
        scopes: str = "cases.handle cases.read",
        person: str = "psn_0190a1b3",
        act: Sequence[str] = (),
        in_place_of: str | None = None,
        **changes: Any,
    ) -> str:
        """Somebody at the desk of a department, in these roles; a deputy `in_place_of` another."""
        office: dict[str, Any] = {
            "id": staff,
            "department": department,
            "region": region,
            "positions": list(positions),
            "roles": list(roles),
        }
        if in_place_of is not None:
            office["in_place_of"] = {"id": in_place_of, "deputation": "dpt_0190a1b4"}
        return self._for_scopes(
            f"staff {scopes}", sub=person, staff=office, act=_chain(act), **changes
        )

    def system(
        self,
        client: str = "department",
        *,
        scopes: str = "exchange.query",
        department: str | None = None,
        region: str | None = None,
        **changes: Any,
    ) -> str:
        """A machine for itself: one of our services, or the system of a department."""
        owner = {"department": department, "region": region} if department else None
        nobody = {"acr": None, "sid": None, "auth_time": None}
        return self._for_scopes(
            scopes, sub=client, client_id=client, system=owner, **(nobody | changes)
        )

    def _for_scopes(self, scopes: str, **claims: Any) -> str:
        services = {scope.partition(".")[0] for scope in scopes.split() if "." in scope}
        audience = [f"{self.base}/api/{service}" for service in sorted(services)]
        return self.token(**({"scope": scopes, "aud": audience} | claims))


def _chain(services: Sequence[str]) -> dict[str, Any] | None:
    chain: dict[str, Any] | None = None
    for service in reversed(services):
        chain = {"sub": service} | ({"act": chain} if chain else {})
    return chain
