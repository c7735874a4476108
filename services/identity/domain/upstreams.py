"""Upstream providers: OpenID Connect of a province or the nation, by which people log in here."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from services.identity.domain import contacts, numbers
from services.identity.domain.errors import Invalid

AUTH_METHODS = ("private_key_jwt", "client_secret_basic", "client_secret_post")
FIELDS = ("id_number", "name", "phone")
# Whoever holds the identity number at this level has been seen, face or chip: two facts that match
# (L2) only show that somebody knows them.
ENOUGH_TO_LINK = 3
# RFC 8176 has no value for a provider that does not say.
ELSEWHERE = "urn:tongban:amr:upstream"
_HIGHEST = 4
_MOST_AMR, _LONGEST_AMR = 10, 64
_CODE = re.compile(r"[a-z][a-z0-9-]{0,31}")
_WORD = re.compile(r"[\x21\x23-\x5B\x5D-\x7E]{1,64}")
_LONGEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """A provider whose word about people we take.

    `claims` names for each of our fields the claim that holds it; `levels` gives for its `acr`
    values our real-name levels, `level` is the one of a login without a known `acr`. `trusted`:
    its identity numbers find existing accounts. `logout`: who logs out here logs out there too.
    """

    code: str
    issuer: str
    client_id: str
    auth_method: str
    label_zh: str
    label_en: str
    scopes: tuple[str, ...] = ("openid",)
    claims: Mapping[str, str] = field(default_factory=dict)
    levels: Mapping[str, int] = field(default_factory=dict)
    level: int = 1
    trusted: bool = False
    logout: bool = True
    enabled: bool = True

    def label(self, language: str) -> str:
        """What its button says."""
        return self.label_en if language == "en" else self.label_zh

    def level_of(self, acr: object) -> int:
        """Our real-name level for a login there."""
        return self.levels.get(acr, self.level) if isinstance(acr, str) else self.level

    def acrs_for(self, level: int) -> list[str]:
        """Its `acr` values that reach a level of ours, the lowest first."""
        enough = [(reached, acr) for acr, reached in self.levels.items() if reached >= level]
        return [acr for _, acr in sorted(enough)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an upstream told of somebody who logged in there; every check has passed."""

    subject: str
    level: int
    amr: tuple[str, ...]
    auth_time: int | None
    sid: str | None
    id_token: str
    fields: Mapping[str, str]

    def proves_number(self, upstream: Upstream) -> bool:
        """Whether its identity number stands for the person who holds it."""
        enough = upstream.trusted and self.level >= ENOUGH_TO_LINK
        return enough and bool(self.fields.get("id_number"))


def fields_of(upstream: Upstream, claims: Mapping[str, Any], today: date) -> dict[str, str]:
    """Our fields as its claims tell them; one that cannot be right is as if it were not told."""
    told: dict[str, str] = {}
    for name, claim in upstream.claims.items():
        value = claims.get(claim)
        if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST:
            continue
        try:
            told[name] = _normal(name, value, today)
        except Invalid:
            continue
    return told


def amr_of(claims: Mapping[str, Any]) -> tuple[str, ...]:
    """By what somebody proved himself there (RFC 8176); if it is not said, that it was there."""
    said = claims.get("amr")
    known = [one for one in said if isinstance(one, str)] if isinstance(said, list) else []
    return tuple(sorted({one[:_LONGEST_AMR] for one in known[:_MOST_AMR]})) or (ELSEWHERE,)


def checked(given: Mapping[str, Any], *, loopback_http: bool) -> Upstream:
    """The upstream, when its definition is sound; Invalid says what is wrong and where."""
    upstream = Upstream(**given)
    _check_words(upstream)
    _check_issuer(upstream.issuer, loopback_http=loopback_http)
    if upstream.auth_method not in AUTH_METHODS:
        raise _wrong("auth_method", f"应为 {'、'.join(AUTH_METHODS)} 之一", "is not known")
    if "openid" not in upstream.scopes or not all(map(_WORD.fullmatch, upstream.scopes)):
        raise _wrong("scopes", "应含 openid", "must contain openid")
    if not set(upstream.claims) <= set(FIELDS) or not all(upstream.claims.values()):
        raise _wrong("claims", f"只能对应 {'、'.join(FIELDS)}", f"map only {', '.join(FIELDS)}")
    if not all(1 <= level <= _HIGHEST for level in (upstream.level, *upstream.levels.values())):
        raise _wrong("levels", "等级为 1 到 4", "are from 1 to 4")
    return upstream


def _normal(name: str, value: str, today: date) -> str:
    match name:
        case "id_number":
            return numbers.identity_number(value, today)
        case "phone":
            return contacts.phone(value)
    return contacts.person_name(value)


def _check_words(upstream: Upstream) -> None:
    if not _CODE.fullmatch(upstream.code):
        raise _wrong("code", "只用小写字母、数字和连字符", "has small letters, digits and hyphens")
    for name in ("client_id", "label_zh", "label_en"):
        value = getattr(upstream, name)
        if not value.strip() or len(value) > _LONGEST or not value.isprintable():
            raise _wrong(name, "不能为空，也不能太长", "must not be empty, nor too long")


def _check_issuer(issuer: str, *, loopback_http: bool) -> None:
    """OpenID Connect Discovery, section 3: https, without query or fragment."""
    plain = re.fullmatch(r"http://(127\.0\.0\.1|\[::1\]|localhost)(:[0-9]{1,5})?(/[!-~]*)?", issuer)
    secure = re.fullmatch(r"https://[A-Za-z0-9.:\[\]-]+(/[!-~]*)?", issuer)
    if len(issuer) > _LONGEST or set("?#@\\") & set(issuer):
        raise _wrong("issuer", "是没有参数的网址", "is a URL without query or fragment")
    if not secure and not (plain and loopback_http):
        raise _wrong("issuer", "应以 https:// 开头", "begins with https://")


def _wrong(name: str, zh: str, en: str) -> Invalid:
    return Invalid(name, f"{name} {zh}。", f"{name} {en}.")
