"""The relay: takes the outbox to the bus, in order per subject, and keeps what it cannot deliver.

One leader per service reads in the order of the ids, awaits the bus's acknowledgement, then
deletes. Between the two it may die: then the event is published again under its id, and the
consumers' inboxes drop it.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from opentelemetry.trace import Tracer
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import SQLAlchemyError

from shared import clock
from shared.changes import Cursor, file_watch
from shared.db import Database, DatabaseError
from shared.events.backoff import Backoff, pause
from shared.events.bus import EventBus, Message
from shared.events.errors import BusUnavailable, EventRefused, LeadershipLost, reason_of
from shared.events.horizon import Horizon
from shared.events.leadership import Leadership
from shared.events.outbox import Outbox
from shared.events.tracing import NO_TRACER, relayed
from shared.failpoints import declare, failpoint

BATCH = 100
POLL_SECONDS = {"postgresql": 0.02, "sqlite": 1.0}
QUIET_SECONDS = 0.02
COUNT_LIMIT = 10_000
_log = logging.getLogger(__name__)

BEFORE_PUBLISH = declare("events.relay.before_publish", "read from the outbox, not yet published")
AFTER_PUBLISH = declare(
    "events.relay.after_publish", "acknowledged by the bus, still in the outbox"
)
AFTER_DELETE = declare("events.relay.after_delete", "published and out of the outbox")


@dataclass(frozen=True, slots=True)
class RelayState:
    """What waits. `waiting` is counted to 10,000 at most; `leader` is the instance that relays."""

    leading: bool
    leader: str | None
    waiting: int
    refused: int
    oldest: timedelta
    last_error: str | None


class Relay:
    """Publishes one service's outbox."""

    def __init__(
        self,
        db: Database,
        outbox: Outbox,
        bus: EventBus,
        *,
        backoff: Backoff = Backoff(),  # noqa: B008 - frozen
        tracer: Tracer = NO_TRACER,
    ) -> None:
        self._db = db
        self._outbox = outbox
        self._table = outbox.table
        self._bus = bus
        self._backoff = backoff
        self._tracer = tracer
        self._leadership = Leadership(db, "relay")
        self._horizon = Horizon(outbox.table, db.dialect)
        self._last_error: str | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Relay until the stop; while another process leads, stand by."""
        unfollow = self._follow()
        waker = asyncio.create_task(self._wake_on(stop))
        try:
            while await self._leadership.acquire(stop):
                try:
                    await self._lead(stop)
                except LeadershipLost as error:
                    self._note(error)
                finally:
                    await self._leadership.release()
        finally:
            waker.cancel()
            unfollow()

    async def state(self) -> RelayState:
        """How much waits, since when, and what went wrong last."""
        table = self._table
        some = select(table.c.refusal).limit(COUNT_LIMIT).subquery()
        counts = select(func.count(), func.count(some.c.refusal)).select_from(some)
        first = select(table.c.added_at).order_by(table.c.id).limit(1)
        async with self._db.read() as connection:
            waiting, refused = (await connection.execute(counts)).one()
            oldest = await connection.scalar(first)
        age = timedelta(0) if oldest is None else max(timedelta(0), clock.now() - oldest)
        leader, leading = await self._leadership.leader(), self._leadership.held
        return RelayState(leading, leader, waiting, refused, age, self._last_error)

    def _follow(self) -> Callable[[], None]:
        # Another process may add events too: an import beside the running service.
        if self._db.path is None:
            return lambda: None
        return file_watch().follow(self._db.path, self._db.changes)

    async def _wake_on(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._db.changes.notify()

    async def _lead(self, stop: asyncio.Event) -> None:
        changed = self._db.changes.cursor()
        failures = 0
        released = False
        while not stop.is_set():
            try:
                if not released:
                    # What the bus refused of an older version may pass now.
                    async with self._db.write() as tx:
                        await self._outbox.release(tx)
                    released = True
                added = self._outbox.added
                full = await self._pass()
            except (BusUnavailable, DatabaseError, SQLAlchemyError) as error:
                failures += 1
                self._note(error)
                await pause(stop, self._backoff.delay(failures))
                continue
            failures, self._last_error = 0, None
            if not full:
                await self._rest(changed, added)

    async def _rest(self, changed: Cursor, added: int) -> None:
        """Wait for a commit. One of this process that added no event is in no hurry."""
        now = asyncio.get_running_loop().time
        await changed.wait(POLL_SECONDS[self._db.dialect])
        until = now() + QUIET_SECONDS
        while self._outbox.added == added and (left := until - now()) > 0:
            await changed.wait(left)

    async def _pass(self) -> bool:
        """Publish one batch; True when more may wait at once."""
        rows = await self._waiting()
        if not rows:
            return False
        await self._leadership.check()
        messages = [Message(row.event_id, row.type, row.subject, row.envelope) for row in rows]
        failpoint(BEFORE_PUBLISH)
        started = time.time_ns()
        try:
            await self._bus.publish(self._outbox.topic, messages)
        except EventRefused as refused:
            await self._set_aside(refused)
            return True
        ended = time.time_ns()
        failpoint(AFTER_PUBLISH)
        async with self._db.write() as tx:
            ids = [row.id for row in rows]
            await tx.execute(delete(self._table).where(self._table.c.id.in_(ids)))
        failpoint(AFTER_DELETE)
        for message in messages:
            relayed(self._tracer, message.body, started, ended)
        return len(rows) == BATCH

    async def _waiting(self) -> Sequence[Any]:
        table = self._table
        aside = select(table.c.subject).where(table.c.refusal.is_not(None))
        columns = (table.c.id, table.c.event_id, table.c.type, table.c.subject, table.c.envelope)
        ready = select(*columns).where(table.c.subject.not_in(aside))
        async with self._db.read() as connection:
            await self._horizon.look(connection)
            ready = ready.where(table.c.id >= self._horizon.low).order_by(table.c.id).limit(BATCH)
            rows = (await connection.execute(ready)).all()
        if rows:
            self._horizon.saw(rows[-1].id)
        return rows

    async def _set_aside(self, refused: EventRefused) -> None:
        """Keep the refused events, and with them what follows of their subjects."""
        self._note(refused)
        table = self._table
        marked = 0
        async with self._db.write() as tx:
            for event_id, reason in refused.reasons.items():
                mark = update(table).where(table.c.event_id == event_id)
                marked += (await tx.execute(mark.values(refusal=reason[:500]))).rowcount
        if not marked:
            raise BusUnavailable(f"the bus refused what it was not given: {refused}")

    def _note(self, error: Exception) -> None:
        self._last_error = reason_of(error)
        _log.warning("relay of %s: %s", self._outbox.topic, self._last_error)
