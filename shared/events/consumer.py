"""A consumer: hands the events of a group to its handlers, each with effect exactly once.

The event's id and its subject's sequence are stored in the transaction of the handler's change,
so a second delivery has no effect. An event that cannot be handled is parked there too, with all
that follows of its subject; the rest of the stream goes on. While the database is away nothing is
committed on the bus, so nothing is skipped.
"""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from opentelemetry.trace import Tracer
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from shared import clock
from shared.db import Database, DatabaseError
from shared.events.backoff import Backoff, pause
from shared.events.batches import Batches
from shared.events.bus import EventBus, Subscription
from shared.events.errors import BusUnavailable, reason_of
from shared.events.fetching import fetch
from shared.events.handlers import Fetching, Handler, Handlers
from shared.events.inbox import InboxTables
from shared.events.retries import TURN_SECONDS, Retries, RetryPolicy
from shared.events.tracing import NO_TRACER
from shared.failpoints import declare, failpoint

BATCH = 100
POLL_SECONDS = 1.0
HANDLER_SECONDS = 30.0
KEEP_IDS = timedelta(days=7)
PRUNE_SECONDS = 3600.0
_log = logging.getLogger(__name__)
_AWAY = (BusUnavailable, DatabaseError, SQLAlchemyError, OSError)

FETCHED = declare("events.consumer.fetched", "events are fetched, nothing is done with them")
BEFORE_OFFSET = declare(
    "events.consumer.before_offset", "the effects are committed, the group's offset is not"
)
AFTER_OFFSET = declare("events.consumer.after_offset", "the offset is handed to the bus")


@dataclass(frozen=True, slots=True)
class ConsumerState:
    """How far a consumer is; `lag` is None while it has not reached the bus."""

    lag: dict[str, int] | None
    parked: int
    dead: int
    last_error: str | None
    last_error_at: datetime | None


class Consumer:
    """One consumer group's worker on one service's database."""

    def __init__(
        self,
        db: Database,
        bus: EventBus,
        group: str,
        handlers: Mapping[str, Handler | Fetching],
        tables: InboxTables,
        *,
        policy: RetryPolicy = RetryPolicy(),  # noqa: B008 - frozen
        backoff: Backoff = Backoff(),  # noqa: B008 - frozen
        handler_seconds: float = HANDLER_SECONDS,
        tracer: Tracer = NO_TRACER,
    ) -> None:
        """`group`: a new name reads everything from the earliest on, to rebuild a read model."""
        self._db = db
        self._bus = bus
        self.group = group
        self._tables = tables
        self._handlers = Handlers(handlers, tracer, handler_seconds)
        self._batches = Batches(db, tables, group, self._handlers, policy)
        self._retries = Retries(db, tables, group, self._handlers, policy)
        self._backoff = backoff
        self._subscription: Subscription | None = None
        self._retry_at = 0.0
        self._prune_at = 0.0
        self._last_error: str | None = None
        self._last_error_at: datetime | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until the stop; what is in hand is finished first."""
        stopping = asyncio.create_task(stop.wait())
        failures = 0
        try:
            while not stop.is_set():
                try:
                    await self._turn(stopping)
                    failures = 0
                    self._last_error = None
                except _AWAY as error:
                    failures += 1
                    self._last_error, self._last_error_at = reason_of(error), clock.now()
                    _log.warning("consumer %s waits: %s", self.group, self._last_error)
                    # Leave the group: what was fetched and not handled is then fetched again.
                    await self._leave()
                    await pause(stop, self._backoff.delay(failures))
        finally:
            stopping.cancel()
            await self._leave()

    async def state(self, *, ask_bus: bool = True) -> ConsumerState:
        """How much waits on the bus, how much is parked, and what went wrong last."""
        columns = self._tables.parked.c
        counts = select(func.count(), func.count(columns.dead_at))
        async with self._db.read() as connection:
            found = await connection.execute(counts.where(columns.consumer == self.group))
            parked, dead = found.one()
        lag = None
        if ask_bus and self._subscription is not None:
            with suppress(BusUnavailable):
                lag = await self._subscription.lag()
        return ConsumerState(lag, parked, dead, self._last_error, self._last_error_at)

    async def _turn(self, stopping: "asyncio.Task[bool]") -> None:
        if self._subscription is None:
            self._subscription = await self._bus.subscribe(self.group, self._handlers.topics)
        now = asyncio.get_running_loop().time
        patience = min(POLL_SECONDS, max(0.0, self._retry_at - now()))
        deliveries = await fetch(self._subscription, BATCH, patience, stopping)
        began = now()
        if deliveries:
            failpoint(FETCHED)
            if await self._batches.settle(deliveries):
                self._retry_at = 0.0
            failpoint(BEFORE_OFFSET)
            await self._subscription.commit(deliveries)
            failpoint(AFTER_OFFSET)
        if now() >= self._retry_at:
            # An equal share: neither keeps the other waiting, however much there is of it.
            due = await self._retries.work(max(TURN_SECONDS, now() - began))
            left = POLL_SECONDS if due is None else (due - clock.now()).total_seconds()
            self._retry_at = now() + min(POLL_SECONDS, max(0.0, left))
        if now() >= self._prune_at:
            self._prune_at = now() + PRUNE_SECONDS
            async with self._db.write() as tx:
                await self._tables.prune(tx, clock.now() - KEEP_IDS)

    async def _leave(self) -> None:
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            with suppress(BusUnavailable):
                await subscription.close()
