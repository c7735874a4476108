"""Whether the installation is under attack: the measured rate of failed logins, of all processes.

Then, and only then, each attempt from an unknown browser must show work or have waited.
"""

from datetime import UTC, datetime, timedelta

from services.identity.commands.tickets import StaleTicket, Tickets
from services.identity.domain.work import LIFE, WAIT, is_done
from services.identity.store import failures
from shared.clock import now
from shared.db import Database

WINDOW = timedelta(minutes=1)
# It ends only when the rate has fallen well below where it began, so that it does not flutter.
_ENDS_AT = 0.5
_PURPOSE = "work"
_SLICE_SECONDS = 5


class WorkNeeded(Exception):
    """The attempt came without the work that is asked for now."""


class Siege:
    """`failures_a_minute`: so many begin it; 0 switches it off."""

    def __init__(self, db: Database, tickets: Tickets, failures_a_minute: int) -> None:
        self._db = db
        self._tickets = tickets
        self._limit = failures_a_minute
        self._own = 0
        self.under_attack = False

    def failed(self) -> None:
        """Count one failed attempt."""
        self._own += 1

    async def measure(self) -> None:
        """Bring the own count to the common one, and read that; called every few seconds."""
        if not self._limit:
            return
        moment, own = now(), self._own
        self._own -= own
        if own:
            seconds = int(moment.timestamp()) // _SLICE_SECONDS * _SLICE_SECONDS
            async with self._db.write() as tx:
                await failures.add_failures(tx, datetime.fromtimestamp(seconds, UTC), own)
                await failures.forget_slices(tx, moment - 2 * WINDOW)
        async with self._db.read() as connection:
            rate = await failures.failures_since(connection, moment - WINDOW)
        self.under_attack = rate >= self._limit * (_ENDS_AT if self.under_attack else 1)

    def task(self, *bound: str) -> str | None:
        """The work for one attempt in this browser, while there is an attack."""
        return self._tickets.issue(_PURPOSE, *bound) if self.under_attack else None

    async def admit(self, task: str, nonce: str, *bound: str) -> None:
        """Take work that is done, or the wait instead of it, once; else WorkNeeded."""
        if not self.under_attack:
            return
        try:
            age = self._tickets.age(task, _PURPOSE, *bound)
            if age < WAIT and not is_done(task, nonce):
                raise WorkNeeded
            await self._tickets.spend(task, LIFE, _PURPOSE, *bound)
        except StaleTicket:
            raise WorkNeeded from None
