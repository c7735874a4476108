"""SQL: one file per kind of record; importing the package declares every table."""

from services.identity.store import (
    clients,
    delegations,
    grants,
    interactions,
    keys,
    logins,
    organisations,
    people,
    staff,
    throttles,
    tokens,
)
from services.identity.store.metadata import mechanisms, metadata

__all__ = [
    "clients",
    "delegations",
    "grants",
    "interactions",
    "keys",
    "logins",
    "mechanisms",
    "metadata",
    "organisations",
    "people",
    "staff",
    "throttles",
    "tokens",
]
