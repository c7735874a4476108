"""From the claims of a signed access token to a subject (RFC 9068 and our own claims)."""

import math
import re
from collections.abc import Mapping
from typing import Any, Literal

from shared.auth.errors import InvalidToken, Reason
from shared.auth.subject import InPlaceOf, OnBehalfOf, Staff, Subject, System

_ACR = re.compile(r"urn:tongban:acr:l([1-4])")
_MAX_CHAIN = 8

Claims = Mapping[str, Any]


def subject_of(claims: Claims) -> Subject:
    """The subject that these claims describe; InvalidToken names the claim that is wrong."""
    sub, client_id = text(claims, "sub"), text(claims, "client_id")
    key, certificate = _bound(part(claims, "cnf"))
    return Subject(
        sub=sub,
        kind=_kind(sub, client_id),
        client_id=client_id,
        scopes=frozenset(optional_text(claims, "scope", "").split()),
        audiences=audiences(claims),
        token_id=text(claims, "jti"),
        issued_at=moment(claims, "iat"),
        expires_at=moment(claims, "exp"),
        on_behalf_of=_on_behalf_of(part(claims, "on_behalf_of")),
        act=_chain(part(claims, "act")),
        staff=_staff(part(claims, "staff")),
        system=_system(part(claims, "system")),
        acr=_level(claims.get("acr")),
        sid=optional_text(claims, "sid", "") or None,
        auth_time=moment(claims, "auth_time") if "auth_time" in claims else None,
        bound_key=key,
        bound_certificate=certificate,
    )


def text(claims: Claims, name: str) -> str:
    """A claim that must be there and must be text."""
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise wrong(name, "must be a text that is not empty")
    return value


def optional_text(claims: Claims, name: str, default: str) -> str:
    """A claim that may be missing but must be text otherwise."""
    return text(claims, name) if claims.get(name) not in (None, "") else default


def moment(claims: Claims, name: str) -> float:
    """A NumericDate; NaN and Infinity, which JSON parsers let through, never expire."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise wrong(name, "must be a number of seconds")
    return float(value)


def audiences(claims: Claims) -> frozenset[str]:
    """`aud` as one text or a list of texts."""
    value = claims.get("aud")
    return frozenset([value]) if isinstance(value, str) else texts(claims, "aud")


def texts(claims: Claims, name: str) -> frozenset[str]:
    """A list of texts; a missing one is empty."""
    value = claims.get(name, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise wrong(name, "must be a list of texts")
    return frozenset(value)


def part(claims: Claims, name: str) -> Claims | None:
    """A claim that is an object of its own, if it is there."""
    value = claims.get(name)
    if value is not None and not isinstance(value, dict):
        raise wrong(name, "must be an object")
    return value


def wrong(name: str, what: str) -> InvalidToken:
    """The refusal of a token whose claim `name` is missing or of the wrong form."""
    return InvalidToken(Reason.BAD_CLAIMS, f"claim {name} {what}")


def _kind(sub: str, client_id: str) -> Literal["person", "system"]:
    if sub != client_id:
        return "person"
    if sub.startswith("psn_"):
        raise wrong("client_id", "must not look like a person's id")
    return "system"


def _level(acr: object) -> int:
    found = _ACR.fullmatch(acr) if isinstance(acr, str) else None
    return int(found[1]) if found else 0


def _on_behalf_of(claims: Claims | None) -> OnBehalfOf | None:
    if claims is None:
        return None
    kind = claims.get("type")
    if kind not in ("person", "org"):
        raise wrong("on_behalf_of.type", "must be person or org")
    return OnBehalfOf(
        type=kind,
        id=text(claims, "id"),
        delegation=text(claims, "delegation"),
        items=texts(claims, "items") if claims.get("items") is not None else None,
        expires_at=moment(claims, "exp") if claims.get("exp") is not None else None,
    )


def _staff(claims: Claims | None) -> Staff | None:
    if claims is None:
        return None
    return Staff(
        id=text(claims, "id"),
        department=text(claims, "department"),
        region=text(claims, "region"),
        positions=texts(claims, "positions"),
        roles=texts(claims, "roles"),
        in_place_of=_in_place_of(part(claims, "in_place_of")),
    )


def _in_place_of(claims: Claims | None) -> InPlaceOf | None:
    if claims is None:
        return None
    return InPlaceOf(id=text(claims, "id"), deputation=text(claims, "deputation"))


def _system(claims: Claims | None) -> System | None:
    if claims is None:
        return None
    return System(department=text(claims, "department"), region=text(claims, "region"))


def _bound(cnf: Claims | None) -> tuple[str | None, str | None]:
    """To which key and to which certificate; a binding of another kind is not taken for none."""
    if cnf is None:
        return None, None
    if not cnf or not cnf.keys() <= {"jkt", "x5t#S256"}:
        raise wrong("cnf", "names a binding that is not known here")
    return (
        text(cnf, "jkt") if "jkt" in cnf else None,
        text(cnf, "x5t#S256") if "x5t#S256" in cnf else None,
    )


def _chain(act: Claims | None) -> tuple[str, ...]:
    actors: list[str] = []
    while act is not None:
        if len(actors) == _MAX_CHAIN:
            raise wrong("act", f"must not chain more than {_MAX_CHAIN} services")
        actors.append(text(act, "sub"))
        act = part(act, "act")
    return tuple(actors)
