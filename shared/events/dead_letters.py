"""The dead letters of a service's consumers: inspected, replayed or discarded by operators."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import clock
from shared.events.envelope import Envelope
from shared.events.errors import (
    BadEnvelope,
    DeadLetterBehind,
    DeadLetterBroken,
    DeadLetterGone,
    DeadLetterRetried,
)
from shared.events.inbox import InboxTables, Why
from shared.events.ledger import Arrival, Ledger
from shared.events.retries import call_up, first_parked


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event that a consumer has given up on; `waiting`: how many of its subject wait behind.

    `dead_at` is None while a replayed one is tried again, at the latest at `due_at`.
    """

    id: int
    consumer: str
    topic: str
    subject: str
    sequence: int
    event_id: str
    type: str
    why: Why
    reason: str
    attempts: int
    parked_at: datetime
    due_at: datetime | None
    dead_at: datetime | None
    envelope: bytes
    waiting: int


@dataclass(frozen=True, slots=True)
class Behind:
    """An event that waits behind a dead letter of its subject."""

    event_id: str
    type: str
    sequence: int
    parked_at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """What an operator has decided on an event, and why."""

    decision: str
    who: str
    why: str
    decided_at: datetime


class DeadLetters:
    """What operators can do; each act is recorded with who did it and why."""

    def __init__(self, tables: InboxTables) -> None:
        self._tables = tables
        self._parked = tables.parked

    async def list(
        self,
        connection: AsyncConnection,
        *,
        after: int = 0,
        limit: int = 50,
        consumer: str | None = None,
        topic: str | None = None,
        subject: str | None = None,
        type: str | None = None,  # noqa: A002 - as the column is called
    ) -> Sequence[DeadLetter]:
        """A page of them, oldest first; `after` is the last id of the page before."""
        columns = self._parked.c
        page = self._select().where(columns.dead_at.is_not(None), columns.id > after)
        wanted = {"consumer": consumer, "topic": topic, "subject": subject, "type": type}
        for name, value in wanted.items():
            if value is not None:
                page = page.where(columns[name] == value)
        rows = await connection.execute(page.order_by(columns.id).limit(limit))
        return [_letter(row) for row in rows]

    async def inspect(self, connection: AsyncConnection, letter_id: int) -> DeadLetter:
        """One of them, also while it is tried again; DeadLetterGone when there is none."""
        one = self._select().where(self._parked.c.id == letter_id)
        row = (await connection.execute(one)).first()
        if row is None or (row.dead_at is None and not await self._decided(connection, row)):
            raise DeadLetterGone(f"there is no dead letter {letter_id}")
        return _letter(row)

    async def behind(
        self, connection: AsyncConnection, letter: DeadLetter, limit: int = 20
    ) -> Sequence[Behind]:
        """The first of those of its subject that wait behind it."""
        columns = self._parked.c
        names = ("event_id", "type", "sequence", "parked_at")
        page = (
            select(*(columns[name] for name in names))
            .where(columns.consumer == letter.consumer, columns.topic == letter.topic)
            .where(columns.subject == letter.subject, columns.id != letter.id)
            .order_by(columns.sequence, columns.id)
            .limit(limit)
        )
        return [Behind(*row) for row in await connection.execute(page)]

    async def replay(self, tx: AsyncConnection, letter_id: int, *, who: str, why: str) -> None:
        """Try it again at once; after a gap this says that the missing events will not come."""
        letter = await self._decidable(tx, letter_id)
        await self._record(tx, letter, "replay", who, why)
        if letter.why is Why.BROKEN:
            await self._replay_broken(tx, letter)
            return
        again = {"due_at": clock.now(), "dead_at": None, "attempts": 0}
        over = {"over_gap": letter.why is Why.GAP}
        await tx.execute(
            update(self._parked).where(self._parked.c.id == letter_id).values({**again, **over})
        )

    async def discard(self, tx: AsyncConnection, letter_id: int, *, who: str, why: str) -> None:
        """Give it up for good; those behind it go on. The record keeps the event."""
        letter = await self._decidable(tx, letter_id)
        await self._record(tx, letter, "discard", who, why)
        await tx.execute(delete(self._parked).where(self._parked.c.id == letter_id))
        if letter.why is Why.BROKEN:
            return
        where = (letter.consumer, letter.topic, letter.subject)
        behind = await first_parked(tx, self._tables, *where)
        subjects = self._tables.subjects
        keys = (subjects.c.consumer, subjects.c.topic, subjects.c.subject)
        await tx.execute(
            update(subjects)
            .where(*(column == value for column, value in zip(keys, where, strict=True)))
            .values(last=letter.sequence, blocked=behind is not None)
        )
        if behind is not None:
            await call_up(tx, self._tables, behind, letter.sequence)

    async def decisions(
        self, connection: AsyncConnection, *, after: int = 0, limit: int = 50
    ) -> Sequence[Any]:
        """A page of what operators have decided, oldest first."""
        table = self._tables.decisions
        page = select(table).where(table.c.id > after).order_by(table.c.id).limit(limit)
        return (await connection.execute(page)).all()

    async def decisions_on(
        self, connection: AsyncConnection, letter: DeadLetter
    ) -> Sequence[Decision]:
        """What was decided on this event before, the first decision first."""
        columns = self._tables.decisions.c
        names = ("decision", "who", "why", "decided_at")
        page = select(*(columns[name] for name in names)).order_by(columns.id)
        return [Decision(*row) for row in await connection.execute(page.where(self._same(letter)))]

    async def _decided(self, connection: AsyncConnection, letter: Any) -> bool:
        found = select(self._tables.decisions.c.id).where(self._same(letter)).limit(1)
        return await connection.scalar(found) is not None

    def _same(self, letter: Any) -> ColumnElement[bool]:
        columns = self._tables.decisions.c
        return and_(columns.consumer == letter.consumer, columns.event_id == letter.event_id)

    async def _replay_broken(self, tx: AsyncConnection, letter: DeadLetter) -> None:
        """Bytes that this version can read take their place in their subject."""
        try:
            envelope = Envelope.parse(letter.envelope)
        except BadEnvelope as error:
            raise DeadLetterBroken(f"it is still no envelope ({error}): discard it") from None
        arrival = Arrival(letter.topic, letter.envelope, envelope)
        await tx.execute(delete(self._parked).where(self._parked.c.id == letter.id))
        ledger = await Ledger.open(tx, self._tables, letter.consumer, [arrival])
        ledger.park(arrival, Why.BEHIND, "replayed", clock.now())
        await ledger.save(tx)

    async def locked(self, tx: AsyncConnection, letter_id: int) -> DeadLetter:
        """One of them, as it is when nobody else can move it until the end of the transaction."""
        letter = await self.inspect(tx, letter_id)
        # The subject's row first, as the consumer does.
        subjects = self._tables.subjects.c
        await tx.execute(
            select(subjects.last)
            .where(subjects.consumer == letter.consumer, subjects.topic == letter.topic)
            .where(subjects.subject == letter.subject)
            .with_for_update()
        )
        parked = self._parked.c.id
        await tx.execute(select(parked).where(parked == letter_id).with_for_update())
        return await self.inspect(tx, letter_id)

    async def _decidable(self, tx: AsyncConnection, letter_id: int) -> DeadLetter:
        letter = await self.locked(tx, letter_id)
        if letter.dead_at is None:
            raise DeadLetterRetried(f"dead letter {letter_id} is being tried again")
        place = (letter.consumer, letter.topic, letter.subject)
        first = await first_parked(tx, self._tables, *place)
        if first is None or first.id != letter.id:
            raise DeadLetterBehind("an earlier event of its subject is parked: decide that first")
        return letter

    async def _record(
        self, tx: AsyncConnection, letter: DeadLetter, decision: str, who: str, why: str
    ) -> None:
        if not who or not why:
            raise ValueError("a decision on a dead letter says who decides and why")
        row = {
            "consumer": letter.consumer,
            "event_id": letter.event_id,
            "type": letter.type,
            "topic": letter.topic,
            "subject": letter.subject,
            "sequence": letter.sequence,
            "envelope": letter.envelope,
            "reason": letter.reason,
            "decision": decision,
            "who": who,
            "why": why[:1000],
            "decided_at": clock.now(),
        }
        await tx.execute(insert(self._tables.decisions).values(row))

    def _select(self) -> Select[Any]:
        parked, behind = self._parked, self._parked.alias("behind")
        same = [behind.c[name] == parked.c[name] for name in ("consumer", "topic", "subject")]
        waiting = (
            select(func.count())
            .select_from(behind)
            .where(*same, behind.c.id != parked.c.id)
            .correlate(parked)
            .scalar_subquery()
            .label("waiting")
        )
        return select(parked, waiting)


def _letter(row: Any) -> DeadLetter:
    values = {name: row._mapping[name] for name in DeadLetter.__slots__}
    return DeadLetter(**{**values, "why": Why(values["why"])})
