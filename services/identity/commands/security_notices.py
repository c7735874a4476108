"""Telling people what happened to the security of their account, by SMS or e-mail.

A notice is queued in the transaction of what happened, and leased before it is sent, so of two
processes one sends it; the gateway knows a second attempt by the id.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from services.identity.clients.messages import Kind, Message, Messages, NotSent
from services.identity.clients.messages.notices import notice
from services.identity.store import security_events
from services.identity.store.people import People
from services.identity.store.security_events import SecurityEvent
from shared.clock import now
from shared.db import Database, DatabaseError
from shared.events import Backoff
from shared.i18n import Formats

_LOOK_SECONDS = 2.0
_LEASE = timedelta(seconds=60)
_AT_ONCE = 8
_PATIENCE = timedelta(hours=24)
_BACKOFF = Backoff(first=5.0, factor=3.0, cap=3600.0)
_AWAY = (DatabaseError, SQLAlchemyError, OSError)
_log = structlog.get_logger("security")


class SecurityNotices:
    """Sends what is due until it is stopped."""

    def __init__(
        self,
        db: Database,
        people: People,
        messages: Messages,
        *,
        timezone: str,
        count: Callable[[str], None],
    ) -> None:
        """`count(outcome)` hears of each attempt."""
        self._db = db
        self._people = people
        self._messages = messages
        self._formats = Formats("zh", timezone)
        self._count = count

    async def run(self, stop: asyncio.Event) -> None:
        """Send until the stop."""
        while not stop.is_set():
            try:
                more = await self.turn()
            except _AWAY as error:
                await _log.awarning("security notices wait", why=type(error).__name__)
                more = False
            if not more:
                try:
                    await asyncio.wait_for(stop.wait(), _LOOK_SECONDS)
                except TimeoutError:
                    continue

    async def turn(self) -> bool:
        """Send what is due now; False when there was nothing."""
        moment = now()
        async with self._db.read() as connection:
            if not await security_events.any_due(connection, moment):
                return False
        async with self._db.write() as tx:
            taken = await security_events.claim(tx, moment, moment + _LEASE, _AT_ONCE)
        await asyncio.gather(*(self._tell(one) for one in taken))
        return bool(taken)

    async def _tell(self, event: SecurityEvent) -> None:
        outcome, again = "told", None
        try:
            message = await self._message(event)
            if message is None:
                outcome = "no_address"
            else:
                await self._messages.send(message)
        except NotSent as failure:
            wait = timedelta(seconds=_BACKOFF.delay(event.attempts))
            again = now() + wait if now() + wait <= event.at + _PATIENCE else None
            outcome = "failed" if again else "given_up"
            await _log.awarning("a person was not told", kind=event.kind, why=failure.reason)
        async with self._db.write() as tx:
            await security_events.settle(tx, event.id, again)
        self._count(outcome)

    async def _message(self, event: SecurityEvent) -> Message | None:
        """To the phone, else by e-mail; None for who can be reached by neither."""
        async with self._db.read() as connection:
            person = await self._people.find(connection, event.person)
        if person is None:
            return None
        ways: tuple[tuple[Kind, str], ...] = (("sms", "phone"), ("email", "email"))
        for kind, field in ways:
            address = person.open(field) if kind in self._messages.reaches else None
            if address:
                return Message(
                    kind=kind,
                    to=address,
                    template="security_notice",
                    values={
                        "what": notice(event.kind, event.facts, "zh"),
                        "when": self._formats.moment(event.at),
                    },
                    id=event.id,
                )
        return None
