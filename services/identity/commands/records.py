"""What every command of identity leaves behind: events, and evidence of administrative changes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.events import SessionEnded, TokenRevoked
from services.identity.store import grants, logins, logout_notices, security_events, tokens
from services.identity.store.sequences import next_sequence
from shared.changes import Changes
from shared.events import Event, Outbox
from shared.evidence import Evidence

ENDED_ELSEWHERE = "ended_elsewhere"


class Records:
    """Writes into the caller's transaction."""

    def __init__(self, outbox: Outbox, evidence: Evidence) -> None:
        self._outbox = outbox
        self._evidence = evidence
        self.logouts_queued = Changes()

    async def tell(self, tx: AsyncConnection, table: Table, subject: str, event: Event) -> None:
        """Add an event of an aggregate that counts its own."""
        sequence = await next_sequence(tx, table, subject)
        await self._outbox.add(tx, event, subject=subject, sequence=sequence)

    async def tell_once(self, tx: AsyncConnection, subject: str, event: Event) -> None:
        """Add the only event that there will ever be of this subject."""
        await self._outbox.add(tx, event, subject=subject, sequence=1)

    async def prove(
        self,
        tx: AsyncConnection,
        act: str,
        subject: str,
        actor: str,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        """Write the evidence of an administrative change."""
        await self._evidence.record(tx, act=act, subject=subject, actor=actor, facts=facts)

    async def forget(self, tx: AsyncConnection, person: str) -> None:
        """Delete what opens the commitments about a person who has left."""
        await self._evidence.forget(tx, person)

    async def note(
        self, tx: AsyncConnection, person: str, kind: str, at: datetime, **facts: str
    ) -> None:
        """Keep what happened to the security of an account, and tell the person of it."""
        await security_events.add(tx, person, kind, facts, at)

    async def end_login(
        self, tx: AsyncConnection, login: str, person: str, *, why: str, at: datetime
    ) -> None:
        """End a login and everything that was granted by it.

        Services learn it by one event, the clients of the login by a logout token each.
        """
        if await logins.close_login(tx, login, why=why, at=at):
            await grants.close_grants_of(tx, login, at)
            if await logout_notices.queue_for_login(tx, login, person, at):
                self.logouts_queued.notify()
            if why == ENDED_ELSEWHERE:
                await self.note(tx, person, "session_ended", at)
            event = SessionEnded(session=login, person=person, why=why)
            await self.tell_once(tx, login, event)

    async def revoke_grant(self, tx: AsyncConnection, grant: str, at: datetime) -> None:
        """Revoke a grant and each of its access tokens that is still good."""
        # Waits for who is issuing under it, so that the tokens read below are all there are.
        await grants.lock_grant(tx, grant)
        await grants.close_grant(tx, grant, at)
        for token, expires_at in await tokens.access_tokens_of(tx, grant, at):
            await self.revoke_token(tx, token, expires_at)

    async def revoke_token(self, tx: AsyncConnection, token: str, expires_at: datetime) -> None:
        """Refuse one access token, here and everywhere."""
        if await tokens.revoke_token(tx, token, expires_at):
            await self.tell_once(tx, token, TokenRevoked(token=token))
