"""A service on the event path, for tests: its database, outbox, relay, consumer and effects."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from opentelemetry.trace import Tracer
from sqlalchemy import Column, Integer, MetaData, String, Table, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db import Database
from shared.events import (
    Backoff,
    Consumer,
    DeadLetters,
    Envelope,
    Event,
    EventBus,
    Handler,
    InboxTables,
    Message,
    Outbox,
    Relay,
    RetryPolicy,
    inbox_tables,
    outbox_table,
)
from shared.events.tracing import NO_TRACER

TOPIC = "tongban.probe"
QUICK = Backoff(first=0.02, factor=1.5, cap=0.2)


class ProbeMoved(Event):
    TYPE = "tongban.probe.moved.v1"

    step: int
    note: str = ""


class ProbeRested(Event):
    TYPE = "tongban.probe.rested.v1"


def envelope(
    subject: str, sequence: int, *, note: str = "", event_id: str = "", trace: str | None = None
) -> Envelope:
    made = Envelope.wrap(
        ProbeMoved(step=sequence, note=note),
        source="/services/probe",
        subject=subject,
        sequence=sequence,
        trace=trace,
    )
    if not event_id:
        return made
    return Envelope.parse(made.encode().replace(made.id.encode(), event_id.encode()))


def message(subject: str, sequence: int, **more: str) -> Message:
    return Message.of(envelope(subject, sequence, **more))


@dataclass
class Station:
    """A service with an outbox, an inbox and a table that shows what its handlers did."""

    db: Database
    outbox: Outbox
    inbox: InboxTables
    effects: Table
    counters: Table
    poison: set[tuple[str, int]] = field(default_factory=set)
    tried: list[tuple[str, int]] = field(default_factory=list)

    async def add(self, subject: str, *sequences: int) -> None:
        """One transaction that adds these events."""
        async with self.db.write() as tx:
            for sequence in sequences:
                event = ProbeMoved(step=sequence)
                await self.outbox.add(tx, event, subject=subject, sequence=sequence)

    async def advance(self, subject: str) -> int:
        """Bring the subject one step further, as a command does; says which."""
        counters = self.counters
        mine = counters.c.subject == subject
        async with self.db.write() as tx:
            moved = update(counters).where(mine).values(last=counters.c.last + 1)
            step = await tx.scalar(moved.returning(counters.c.last))
            if step is None:
                step = 1
                await tx.execute(insert(counters).values(subject=subject, last=step))
            await self.outbox.add(tx, ProbeMoved(step=step), subject=subject, sequence=step)
        return int(step)

    async def total(self) -> int:
        """How many steps all subjects have made."""
        async with self.db.read() as connection:
            return int(await connection.scalar(select(func.sum(self.counters.c.last))) or 0)

    async def handle(self, tx: AsyncConnection, envelope: Envelope) -> None:
        """The handler: an effect, or an error for what is poison."""
        self.tried.append((envelope.subject, envelope.sequence))
        row = {"subject": envelope.subject, "step": envelope.sequence}
        await tx.execute(insert(self.effects).values(row))
        if (envelope.subject, envelope.sequence) in self.poison:
            raise ValueError("this one is poison")

    async def seen(self, subject: str | None = None) -> list[tuple[str, int]]:
        """The effects in the order in which they were made."""
        query = select(self.effects.c.subject, self.effects.c.step).order_by(self.effects.c.id)
        if subject is not None:
            query = query.where(self.effects.c.subject == subject)
        async with self.db.read() as connection:
            return [(row.subject, row.step) for row in await connection.execute(query)]

    async def waiting(self) -> int:
        """How many events are in the outbox."""
        async with self.db.read() as connection:
            return len((await connection.execute(select(self.outbox.table.c.id))).all())

    def relay(self, bus: EventBus, *, tracer: Tracer = NO_TRACER) -> Relay:
        return Relay(self.db, self.outbox, bus, backoff=QUICK, tracer=tracer)

    def consumer(
        self,
        bus: EventBus,
        group: str = "probe.readers",
        *,
        handler: Handler | None = None,
        attempts: int = 3,
        handler_seconds: float = 30.0,
        tracer: Tracer = NO_TRACER,
    ) -> Consumer:
        return Consumer(
            self.db,
            bus,
            group,
            {ProbeMoved.TYPE: handler or self.handle},
            self.inbox,
            policy=RetryPolicy(attempts, QUICK),
            backoff=QUICK,
            handler_seconds=handler_seconds,
            tracer=tracer,
        )

    @property
    def dead_letters(self) -> DeadLetters:
        return DeadLetters(self.inbox)


async def open_station(db: Database, *, create: bool = True) -> Station:
    """A station on a database; `create` for an empty one."""
    metadata = MetaData()
    effects = Table(
        "effect",
        metadata,
        Column("id", Integer, primary_key=True, autoincrement=True),
        Column("subject", String(200), nullable=False),
        Column("step", Integer, nullable=False),
    )
    counters = Table(
        "counter",
        metadata,
        Column("subject", String(200), primary_key=True),
        Column("last", Integer, nullable=False),
    )
    outbox, inbox = Outbox(outbox_table(metadata), "/services/probe"), inbox_tables(metadata)
    if create:
        async with db.write() as tx:
            await tx.run_sync(metadata.create_all)
    return Station(db, outbox, inbox, effects, counters)


@asynccontextmanager
async def running(*works: Callable[[asyncio.Event], Awaitable[None]]) -> AsyncGenerator[None]:
    """Run relays and consumers until the block ends; an error of one fails the test."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for work in works:
            group.create_task(_until_stopped(work, stop))
        try:
            yield
        finally:
            stop.set()


async def _until_stopped(
    work: Callable[[asyncio.Event], Awaitable[None]], stop: asyncio.Event
) -> None:
    await work(stop)


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 10.0) -> None:
    """Wait until the condition holds."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - what is awaited lies in a database
            await asyncio.sleep(0.01)


async def until_seen(station: Station, expected: Sequence[tuple[str, int]]) -> None:
    """Wait until so many effects are there, and hold them against the expected ones."""

    async def enough() -> bool:
        return len(await station.seen()) >= len(expected)

    await until(enough)
    assert sorted(await station.seen()) == sorted(expected)
