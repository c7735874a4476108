"""Everything that identity holds of a person, for himself, in a form that machines read."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.queries.people import plain
from services.identity.store import closings, delegations, entrustments, proofs
from services.identity.store.consents import consents
from services.identity.store.devices import devices
from services.identity.store.grants import grants
from services.identity.store.logins import logins
from services.identity.store.passkeys import passkeys
from services.identity.store.people import Person
from services.identity.store.upstreams import upstream_links
from shared.access import Access, AccessLog
from shared.clock import now, rfc3339
from shared.db import Database

_PAGE = 500
_LOGIN = ("id", "amr", "level", "auth_time", "expires_at", "ended_at", "ended_why")
_GRANT = ("id", "client", "scopes", "audience", "delegation", "created_at", "revoked_at")
_CONSENT = ("id", "client", "scopes", "claims", "given_at", "changed_at")
_PASSKEY = ("id", "name", "synced", "created_at", "used_at")
_LINK = ("upstream", "linked_at", "used_at")
_DEVICE = ("first_at", "last_at")


async def export_of(db: Database, access: AccessLog, person: Person) -> dict[str, Any]:
    """The copy; secrets (passwords, keys, codes) are not data about him and stay out."""
    async with db.read() as connection:
        found: dict[str, Any] = _plain(
            {
                "format": "tongban-account-1",
                "made_at": now(),
                "profile": {
                    "id": person.id,
                    "login_name": person.login_name,
                    "level": person.level,
                    "created_at": person.created_at,
                    **plain(person),
                },
                "proofs": [asdict(one) for one in await proofs.proofs_of(connection, person.id)],
                "delegations": [
                    asdict(one) for one in await delegations.ever_of(connection, person.id)
                ],
                "requests": [
                    _without_code(asdict(one))
                    for one in await entrustments.waiting_of(connection, person.id, now())
                ],
                "logins": await _rows(connection, logins, person.id, _LOGIN),
                "consents": await _rows(connection, consents, person.id, _CONSENT),
                "authorizations": await _rows(connection, grants, person.id, _GRANT),
                "passkeys": await _rows(connection, passkeys, person.id, _PASSKEY),
                "devices": await _rows(connection, devices, person.id, _DEVICE),
                "upstreams": await _rows(connection, upstream_links, person.id, _LINK),
                "closing": await closings.closing_of(connection, person.id),
                "who_looked": await _reads(connection, access, person.id),
            }
        )
    return found


async def _rows(
    connection: AsyncConnection, table: Any, person: str, columns: tuple[str, ...]
) -> list[dict[str, Any]]:
    query = select(*(table.c[name] for name in columns)).where(table.c.person == person)
    return [dict(zip(columns, row, strict=True)) for row in await connection.execute(query)]


async def _reads(
    connection: AsyncConnection, access: AccessLog, person: str
) -> list[dict[str, Any]]:
    found: list[Access] = []
    while page := await access.of_person(
        connection, person, before=found[-1].id if found else None, limit=_PAGE
    ):
        found += page
    return [asdict(one) for one in found]


def _without_code(asked: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in asked.items() if not name.startswith("code_")}


def _plain(value: Any) -> Any:
    """JSON has neither sets nor moments."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, set | frozenset):
        return sorted(value)
    return rfc3339(value) if isinstance(value, datetime) else value
