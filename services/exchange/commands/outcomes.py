"""What came of a delivery, written down under its lease: taken, put off, or given up."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from services.exchange.commands.subscribing import Subscribing
from services.exchange.domain import Pause
from services.exchange.store import SILENT, Claimed, Leases, Subscriptions
from shared.clock import now
from shared.events import Backoff
from shared.http import Answer

_GONE = 410
_BUSY = frozenset({429, 503})
_LONGEST_WAIT = 3600.0
_LEASE_MARGIN = 5.0
_HOLD = 15
_log = structlog.get_logger("webhooks")


@dataclass(frozen=True, slots=True)
class Terms:
    """How deliveries are tried."""

    seconds: float  # that one may take
    patience: timedelta  # after which an event is a dead letter
    at_once: int  # under way to one subscription
    backoff: Backoff

    @property
    def lease(self) -> timedelta:
        """How long a subject is leased: longer than a delivery can take."""
        return timedelta(seconds=self.seconds + _LEASE_MARGIN)

    @property
    def hold(self) -> timedelta:
        """How long a receiver that does not answer is left alone."""
        return timedelta(seconds=self.backoff.first * _HOLD)


@dataclass(frozen=True, slots=True)
class Marked:
    """What was written down: the outcome, and the subject's next delivery if it can go at once."""

    outcome: str
    following: Claimed | None = None


class Outcomes:
    """Writes in the caller's transaction."""

    def __init__(self, subscribing: Subscribing, terms: Terms) -> None:
        self._subscribing = subscribing
        self._terms = terms

    async def mark(
        self, tx: AsyncConnection, claimed: Claimed, answer: Answer, *, go_on: bool
    ) -> Marked:
        """Write it down, unless the lease is not ours any more."""
        if answer.status == _GONE:
            await Subscriptions(tx).locked(claimed.subscription)
        if not await Leases(tx).holds(claimed):
            return Marked("overtaken")  # by another process, or by the owner who removed it
        if answer.is_success:
            return Marked("delivered", await self._delivered(tx, claimed, go_on))
        if answer.status == _GONE:
            return await self._gone(tx, claimed, answer)
        return await self._failed(tx, claimed, answer)

    async def _delivered(
        self, tx: AsyncConnection, claimed: Claimed, go_on: bool
    ) -> Claimed | None:
        moment, leases = now(), Leases(tx)
        until = moment + self._terms.lease if go_on else None
        following = await leases.delivered(claimed, until)
        subscriptions = Subscriptions(tx)
        if await subscriptions.unanswered(claimed.subscription) >= SILENT:
            await leases.hurry(claimed.subscription, moment)
        await subscriptions.succeeded(claimed.subscription, moment)
        return following

    async def _gone(self, tx: AsyncConnection, claimed: Claimed, answer: Answer) -> Marked:
        """It says that it wants no more: pause, and keep what waits."""
        moment = now()
        await Leases(tx).failed(claimed, answer.reason, due=moment)
        await Subscriptions(tx).failed(claimed.subscription, answer.reason, moment)
        await self._subscribing.stop(tx, claimed.subscription, Pause.GONE)
        return Marked("failed")

    async def _failed(self, tx: AsyncConnection, claimed: Claimed, answer: Answer) -> Marked:
        moment = now()
        wait = self._wait(claimed, answer)
        if moment - claimed.queued_at < self._terms.patience:
            await Leases(tx).failed(claimed, answer.reason, due=moment + wait)
            outcome = "failed"
        else:
            await Leases(tx).failed(claimed, answer.reason, dead_at=moment)
            _log.warning(
                "dead letter",
                subscription=claimed.subscription,
                event_id=claimed.event_id,
                why=answer.reason,
            )
            outcome = "dead"
        await self._hold(tx, claimed.subscription, answer, moment, wait)
        return Marked(outcome)

    def _wait(self, claimed: Claimed, answer: Answer) -> timedelta:
        seconds = self._terms.backoff.delay(claimed.attempts + 1)
        if answer.status in _BUSY and answer.retry_after is not None:
            seconds = max(seconds, min(answer.retry_after, _LONGEST_WAIT))
        return timedelta(seconds=seconds)

    async def _hold(
        self,
        tx: AsyncConnection,
        subscription: str,
        answer: Answer,
        moment: datetime,
        wait: timedelta,
    ) -> None:
        """Leave a receiver alone that is away or too busy; one that refuses a case is neither."""
        subscriptions = Subscriptions(tx)
        unanswered, held = 0, None
        if answer.status is None or answer.status in _BUSY:
            unanswered = await subscriptions.unanswered(subscription) + 1
            if unanswered >= SILENT:
                held = moment + self._terms.hold
        if answer.status in _BUSY and answer.retry_after is not None:
            held = moment + wait
        await subscriptions.failed(
            subscription, answer.reason, moment, unanswered=unanswered, held_until=held
        )
