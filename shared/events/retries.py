"""Parked events: tried again with growing delay, in order, until they pass or are dead letters."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import clock
from shared.db import Database
from shared.events.backoff import Backoff
from shared.events.envelope import Envelope
from shared.events.handlers import HandlerFailed, Handlers, Prepared
from shared.events.inbox import InboxTables, Why
from shared.events.ledger import Arrival, Ledger, Verdict
from shared.failpoints import declare, failpoint

SUBJECTS_AT_ONCE = 20
EVENTS_AT_ONCE = 100
# What comes fresh waits no longer for what was parked, unless it has taken longer itself.
TURN_SECONDS = 0.25
_log = logging.getLogger(__name__)

AFTER_EFFECT = declare(
    "events.retry.after_effect", "a parked event has had its effect in the open transaction"
)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a parked event is tried, the first time included, before it is a dead letter."""

    attempts: int = 8
    backoff: Backoff = Backoff(first=0.2, factor=3.0, cap=300.0)  # noqa: RUF009 - frozen

    def next_due(self, attempts: int) -> datetime | None:
        """When to try again after so many attempts; None: no more."""
        if attempts >= self.attempts:
            return None
        return clock.now() + timedelta(seconds=self.backoff.delay(attempts))


class Retries:
    """Works off the parked events of one consumer."""

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
        self._parked = tables.parked
        self._consumer = consumer
        self._handlers = handlers
        self._policy = policy

    async def work(self, seconds: float = TURN_SECONDS) -> datetime | None:
        """Try what is due, for so long; says when the next is."""
        columns = self._parked.c
        if (next_due := await self._next_due()) is None or next_due > clock.now():
            return next_due
        subjects = (
            select(columns.topic, columns.subject)
            .where(columns.consumer == self._consumer, columns.due_at <= clock.now())
            .group_by(columns.topic, columns.subject)
            .order_by(func.min(columns.due_at))
            .limit(SUBJECTS_AT_ONCE)
        )
        async with self._db.read() as connection:
            due = (await connection.execute(subjects)).all()
        now = asyncio.get_running_loop().time
        until = now() + seconds
        for topic, subject in due:
            await self._drain(topic, subject, until)
            if now() > until:
                break
        return await self._next_due()

    async def _next_due(self) -> datetime | None:
        columns = self._parked.c
        first = select(func.min(columns.due_at)).where(columns.consumer == self._consumer)
        async with self._db.read() as connection:
            due: datetime | None = await connection.scalar(first)
        return due

    async def _drain(self, topic: str, subject: str, until: float) -> None:
        """Go through the parked events of a subject in order, as far as they pass in the time."""
        for _ in range(EVENTS_AT_ONCE):
            async with self._db.read() as connection:
                head = await self._head(connection, topic, subject)
            if head is None or (head.dead_at is not None and head.why != Why.GAP):
                return
            if not await self._try(head) or asyncio.get_running_loop().time() > until:
                return
            # A long queue must not keep the stream of the other subjects waiting.
            await asyncio.sleep(0)

    async def _try(self, head: Any) -> bool:
        """One step with the first parked event; True when the next one can be tried."""
        arrival = Arrival(head.topic, head.envelope, Envelope.parse(head.envelope))
        prepared = await self._handlers.prepare([arrival], again=_was_tried(head))
        try:
            if (reason := prepared.failures.get(arrival.envelope.id)) is None:
                return await self._step(head, arrival, prepared)
        except HandlerFailed as failed:
            reason = failed.reason
        async with self._db.write() as tx:
            await self._put_off(tx, head, Why.FAILED, reason)
        return False

    async def _step(self, head: Any, arrival: Arrival, prepared: Prepared) -> bool:
        async with self._db.write() as tx:
            ledger = await Ledger.open(tx, self._tables, self._consumer, [arrival])
            current = await self._head(tx, head.topic, head.subject)
            if current is None or current.id != head.id:
                return True  # another process was here first: look again
            order = ledger.order(arrival)
            if order is Verdict.GAP and not current.over_gap:
                if current.dead_at is None:
                    await self._put_off(tx, current, Why.GAP, ledger.gap(arrival))
                return False
            if order is Verdict.OLD:
                ledger.repeated(arrival)
            else:
                await self._act(tx, ledger, arrival, prepared, again=_was_tried(head))
            await tx.execute(delete(self._parked).where(self._parked.c.id == head.id))
            state = ledger.state(arrival)
            behind = await self._head(tx, head.topic, head.subject)
            state.block(blocked=behind is not None)
            if behind is not None:
                # In the same transaction: if the process dies now, its turn is not forgotten.
                await call_up(tx, self._tables, behind, state.last)
            await ledger.save(tx)
            failpoint(AFTER_EFFECT)
        return True

    async def _act(
        self,
        tx: AsyncConnection,
        ledger: Ledger,
        arrival: Arrival,
        prepared: Prepared,
        *,
        again: bool,
    ) -> None:
        handler = self._handlers.find(arrival)
        if handler is None:
            ledger.passed(arrival)
            return
        try:
            fetched = prepared.fetched.get(arrival.envelope.id)
            await self._handlers.run(tx, handler, arrival, fetched, again=again)
        except Exception as error:
            raise HandlerFailed(0, arrival, error) from error
        ledger.handled(arrival)

    async def _put_off(self, tx: AsyncConnection, head: Any, why: Why, reason: str) -> None:
        attempts = head.attempts + 1
        due = self._policy.next_due(attempts)
        values = {
            "why": why,
            "reason": reason,
            "attempts": attempts,
            "due_at": due,
            "dead_at": clock.now() if due is None else None,
        }
        await tx.execute(update(self._parked).where(self._parked.c.id == head.id).values(values))
        if due is None:
            _log.error("%s: dead letter %s: %s", self._consumer, head.event_id, reason)

    async def _head(self, connection: AsyncConnection, topic: str, subject: str) -> Any:
        return await first_parked(connection, self._tables, self._consumer, topic, subject)


def _was_tried(head: Any) -> bool:
    # One that waited behind another is tried for the first time.
    return bool(head.why != Why.BEHIND)


async def first_parked(
    connection: AsyncConnection, tables: InboxTables, consumer: str, topic: str, subject: str
) -> Any:
    """The parked event of a subject whose turn is first, None when nothing is parked."""
    columns = tables.parked.c
    first = (
        select(tables.parked)
        .where(columns.consumer == consumer, columns.topic == topic, columns.subject == subject)
        .order_by(columns.sequence, columns.id)
        .limit(1)
    )
    return (await connection.execute(first)).first()


async def call_up(tx: AsyncConnection, tables: InboxTables, parked: Any, last: int) -> None:
    """It is the parked event's turn; a dead letter waits for an operator or a filled gap."""
    filled = parked.why == Why.GAP and parked.sequence == last + 1
    if parked.dead_at is None or filled:
        now = {"due_at": clock.now(), "dead_at": None}
        await tx.execute(update(tables.parked).where(tables.parked.c.id == parked.id).values(now))
