"""SQL: one file per kind of record; importing the package declares every table."""

from services.identity.store import (
    clients,
    consents,
    delegations,
    grants,
    interactions,
    keys,
    logins,
    organisations,
    people,
    pushed_requests,
    staff,
    subjects,
    throttles,
    tokens,
)
from services.identity.store.metadata import mechanisms, metadata

__all__ = [
    "clients",
    "consents",
    "delegations",
    "grants",
    "interactions",
    "keys",
    "logins",
    "mechanisms",
    "metadata",
    "organisations",
    "people",
    "pushed_requests",
    "staff",
    "subjects",
    "throttles",
    "tokens",
]
