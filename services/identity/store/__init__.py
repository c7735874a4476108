"""SQL: one file per kind of record; importing the package declares every table."""

from services.identity.store import (
    challenges,
    clients,
    delegations,
    devices,
    grants,
    interactions,
    keys,
    logins,
    organisations,
    passkeys,
    people,
    second_factors,
    staff,
    throttles,
    tokens,
)
from services.identity.store.metadata import mechanisms, metadata

__all__ = [
    "challenges",
    "clients",
    "delegations",
    "devices",
    "grants",
    "interactions",
    "keys",
    "logins",
    "mechanisms",
    "metadata",
    "organisations",
    "passkeys",
    "people",
    "second_factors",
    "staff",
    "throttles",
    "tokens",
]
