"""What a consumer does with a batch of deliveries: as many as pass go in one transaction."""

import asyncio
import logging
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db import Database
from shared.events.bus import Delivery
from shared.events.handlers import HandlerFailed, Handlers, Prepared
from shared.events.inbox import InboxTables, Why
from shared.events.ledger import Arrival, Ledger, Verdict
from shared.events.retries import RetryPolicy
from shared.failpoints import declare, failpoint

# A transaction holds the writer of the service's database: commands wait behind it no longer.
HOLD_SECONDS = 0.02
_log = logging.getLogger(__name__)

BEFORE_EFFECT = declare("events.consumer.before_effect", "before a handler runs")
AFTER_EFFECT = declare(
    "events.consumer.after_effect", "a handler has had its effect in the open transaction"
)
PARKED = declare("events.consumer.parked", "an event is parked in the open transaction")


class Batches:
    """Settles deliveries: handled, dropped, or parked; then the offset can move."""

    def __init__(
        self,
        db: Database,
        tables: InboxTables,
        consumer: str,
        handlers: Handlers,
        policy: RetryPolicy,
    ) -> None:
        self._db = db
        self._tables = tables
        self._consumer = consumer
        self._handlers = handlers
        self._policy = policy

    async def settle(self, deliveries: Sequence[Delivery]) -> bool:
        """Settle all of them, in order; True when something was parked."""
        await self._bury([d for d in deliveries if d.envelope is None])
        rest = [Arrival(d.topic, d.raw, d.envelope) for d in deliveries if d.envelope is not None]
        prepared = await self._handlers.prepare(rest)
        parked = 0
        part = len(rest)
        while rest:
            try:
                done, newly_parked = await self._apply(rest[:part], prepared)
            except HandlerFailed as failed:
                # Undone as a whole: next time as far as this one, and with it parked.
                prepared.failures[failed.event_id] = failed.reason
                part = failed.index + 1
                continue
            parked += newly_parked
            rest = rest[done:]
            part = len(rest)
        return parked > 0

    async def _apply(self, arrivals: Sequence[Arrival], prepared: Prepared) -> tuple[int, int]:
        """Settle arrivals in one transaction; says how many, and how many of them are parked."""
        with self._handlers.settling(self._consumer, arrivals):
            ledger, done = await self._transact(arrivals, prepared)
        self._tell(ledger)
        return done, ledger.parked

    async def _transact(
        self, arrivals: Sequence[Arrival], prepared: Prepared
    ) -> tuple[Ledger, int]:
        now = asyncio.get_running_loop().time
        done = 0
        async with self._db.write() as tx:
            until = now() + HOLD_SECONDS
            ledger = await Ledger.open(tx, self._tables, self._consumer, arrivals)
            while done < len(arrivals) and (now() < until or not done):
                await self._one(tx, ledger, arrivals, done, prepared)
                done += 1
            await ledger.save(tx)
            if ledger.parked:
                failpoint(PARKED)
        return ledger, done

    async def _one(
        self,
        tx: AsyncConnection,
        ledger: Ledger,
        arrivals: Sequence[Arrival],
        index: int,
        prepared: Prepared,
    ) -> None:
        arrival = arrivals[index]
        verdict = ledger.judge(arrival)
        if verdict is Verdict.OLD:
            ledger.repeated(arrival)
        elif verdict is Verdict.BEHIND:
            ledger.park(arrival, Why.BEHIND, "an event of its subject waits before it", None)
        elif verdict is Verdict.GAP:
            due = self._policy.next_due(1)
            ledger.park(arrival, Why.GAP, ledger.gap(arrival), due, attempts=1)
        elif (reason := prepared.failures.get(arrival.envelope.id)) is not None:
            due = self._policy.next_due(1)
            ledger.park(arrival, Why.FAILED, reason, due, attempts=1)
        else:
            await self._act(tx, ledger, arrival, index, prepared)

    async def _act(
        self, tx: AsyncConnection, ledger: Ledger, arrival: Arrival, index: int, prepared: Prepared
    ) -> None:
        handler = self._handlers.find(arrival)
        if handler is None:
            ledger.passed(arrival)
            return
        failpoint(BEFORE_EFFECT)
        try:
            fetched = prepared.fetched.get(arrival.envelope.id)
            await self._handlers.run(tx, handler, arrival, fetched)
        except Exception as error:
            raise HandlerFailed(index, arrival, error) from error
        failpoint(AFTER_EFFECT)
        ledger.handled(arrival)

    async def _bury(self, broken: Sequence[Delivery]) -> None:
        if not broken:
            return
        async with self._db.write() as tx:
            ledger = await Ledger.open(tx, self._tables, self._consumer, (), broken)
            for delivery in broken:
                ledger.bury(delivery)
            await ledger.save(tx)
        self._tell(ledger)

    def _tell(self, ledger: Ledger) -> None:
        """Once they are stored: somebody has to look at them."""
        for event_id, reason in ledger.dead:
            _log.error("%s: dead letter %s: %s", self._consumer, event_id, reason)
