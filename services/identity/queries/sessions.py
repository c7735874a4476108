"""The logins of a person that are open now, and what happened to his account."""

from services.identity.domain.logins import Login
from services.identity.store import logins, security_events
from services.identity.store.security_events import SecurityEvent
from shared.clock import now
from shared.db import Database


async def open_sessions(db: Database, person: str) -> list[Login]:
    """The one that was seen last comes first."""
    async with db.read() as connection:
        found = await logins.logins_open(connection, person, now())
    return sorted(found, key=lambda one: one.last_seen_at or one.auth_time, reverse=True)


async def security_events_of(
    db: Database, person: str, limit: int, before: str | None = None
) -> list[SecurityEvent]:
    """What happened, newest first."""
    async with db.read() as connection:
        return await security_events.events_of(connection, person, before=before, limit=limit)
