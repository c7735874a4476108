"""Which claims a client asks for, by scope or one by one (OpenID Connect Core, sections 5.4, 5.5).

A scope gives a number or an address with its middle covered; whole it is given only to who asks for
that claim as essential, and says so to the person.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.identity.domain.oauth import InvalidRequest

# Claims about the person, and the scope that each belongs to.
PERSONAL: Mapping[str, str] = {
    "name": "profile",
    "phone_number": "phone",
    "phone_number_verified": "phone",
    "email": "email",
    "email_verified": "email",
}
# Those whose middle is covered unless they are essential.
COVERED = ("name", "phone_number", "email")
_KNOWN = frozenset({*PERSONAL, "sub", "acr"})
_MEMBERS = ("id_token", "userinfo")
_MOST_VALUES = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a claim is asked for; `values` None: whatever it is."""

    essential: bool = False
    values: tuple[Any, ...] | None = None

    def takes(self, value: object) -> bool:
        """Whether the claim may have this value."""
        return self.values is None or value in self.values


Claims = Mapping[str, Wanted]


@dataclass(frozen=True, slots=True)
class ClaimsRequest:
    """The `claims` parameter: for the ID token, and for userinfo. What is not known is left out."""

    id_token: Claims = field(default_factory=dict)
    userinfo: Claims = field(default_factory=dict)

    @property
    def subject(self) -> str | None:
        """The one person that is asked for, by `sub` with a value."""
        asked = self.id_token.get("sub")
        values = asked.values if asked else None
        return str(values[0]) if values else None

    @property
    def essential_acr(self) -> tuple[str, ...]:
        """The levels of which one must be reached; empty when none must."""
        asked = self.id_token.get("acr")
        if asked is None or not asked.essential:
            return ()
        return tuple(str(value) for value in asked.values or ())

    def written(self) -> dict[str, Any]:
        """As it is stored."""
        return {
            member: {
                name: {"essential": one.essential, "values": one.values and list(one.values)}
                for name, one in getattr(self, member).items()
            }
            for member in _MEMBERS
        }

    @classmethod
    def read(cls, stored: Mapping[str, Any] | None) -> "ClaimsRequest":
        """From what was stored."""
        members = {
            member: {
                name: Wanted(one["essential"], _several(one["values"]))
                for name, one in (stored or {}).get(member, {}).items()
            }
            for member in _MEMBERS
        }
        return cls(**members)


def parsed(given: object) -> ClaimsRequest:
    """The parameter's JSON object; members that are not understood are ignored."""
    if not isinstance(given, dict):
        raise InvalidRequest("claims is a JSON object with id_token, userinfo or both")
    return ClaimsRequest(*(_member(member, given.get(member)) for member in _MEMBERS))


def _member(member: str, given: object) -> Claims:
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise InvalidRequest(f"{member} of claims is an object")
    return {name: _wanted(name, one) for name, one in given.items() if name in _KNOWN}


def _wanted(name: str, given: object) -> Wanted:
    if given is None:
        return Wanted()
    if not isinstance(given, dict):
        raise InvalidRequest(f"{name} in claims is null or an object")
    essential, values = given.get("essential", False), given.get("values")
    if "value" in given:
        values = [given["value"]]
    if not isinstance(essential, bool):
        raise InvalidRequest(f"essential of {name} in claims is true or false")
    if values is not None and not (isinstance(values, list) and 0 < len(values) <= _MOST_VALUES):
        raise InvalidRequest(f"values of {name} in claims is a list of 1 to {_MOST_VALUES}")
    return Wanted(essential, _several(values))


def _several(values: Any) -> tuple[Any, ...] | None:
    return None if values is None else tuple(values)


def of_userinfo(scopes: Collection[str], asked: ClaimsRequest, held: Collection[str]) -> Claims:
    """What userinfo tells: the claims of the scopes, and those asked for one by one.

    `held` are the scopes of the client's registration: claims beyond them are not told.
    """
    by_scope = {name: Wanted() for name, scope in PERSONAL.items() if scope in scopes}
    return {**by_scope, **one_by_one(asked.userinfo, held)}


def one_by_one(asked: Claims, held: Collection[str]) -> Claims:
    """Claims about the person that were asked for by name, and may be."""
    return {name: one for name, one in asked.items() if name in PERSONAL and PERSONAL[name] in held}


def disclosed(
    scopes: Collection[str], asked: ClaimsRequest, held: Collection[str]
) -> frozenset[str]:
    """What a client would be told of the person, for a consent: `phone_number`, or
    `phone_number:whole`.
    """
    told: set[str] = set()
    for claims in (of_userinfo(scopes, asked, held), one_by_one(asked.id_token, held)):
        told |= {
            f"{name}:whole" if one.essential else name
            for name, one in claims.items()
            if name in COVERED
        }
    return frozenset(one for one in told if f"{one}:whole" not in told)
