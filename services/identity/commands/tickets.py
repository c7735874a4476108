"""Tickets: random values that we hand out unwritten, know again, and take once."""

import secrets
from datetime import UTC, datetime, timedelta

from services.identity.commands.secrets import Derived, digest
from services.identity.commands.used_once import UsedOnce
from shared.clock import now

_BYTES = 16
_LONGEST = 200


class StaleTicket(Exception):
    """Not ours, of another browser, too old, or used before."""


class Tickets:
    """Nothing is stored for a ticket that is never used, so asking for many costs us nothing."""

    def __init__(self, derived: Derived, used_once: UsedOnce) -> None:
        self._derived = derived
        self._used_once = used_once

    def issue(self, purpose: str, *bound: str) -> str:
        """A new ticket for this purpose, good in the browser that `bound` names."""
        body = f"{secrets.token_urlsafe(_BYTES)}.{int(now().timestamp())}"
        return f"{body}.{self._derived.value(purpose, body, *bound)}"

    def age(self, ticket: str, purpose: str, *bound: str) -> timedelta:
        """How long ago it was issued; StaleTicket when it is not ours."""
        body, _, seal = ticket[:_LONGEST].rpartition(".")
        if not self._derived.same(seal, purpose, body, *bound):
            raise StaleTicket
        return now() - datetime.fromtimestamp(int(body.rpartition(".")[2]), UTC)

    async def spend(self, ticket: str, life: timedelta, purpose: str, *bound: str) -> None:
        """Use it up; StaleTicket when it cannot be used any more."""
        age = self.age(ticket, purpose, *bound)
        if age > life or not await self._used_once.first(digest(ticket), now() + life):
            raise StaleTicket
