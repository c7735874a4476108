"""The dead letters of a service's consumers: inspected, replayed or discarded by operators."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import clock
from shared.events.envelope import Envelope
from shared.events.errors import BadEnvelope, DeadLetterUnusable
from shared.events.inbox import InboxTables, Why
from shared.events.ledger import Arrival, Ledger
from shared.events.retries import call_up, first_parked


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event that a consumer has given up on; `waiting`: how many of its subject wait behind."""

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
    dead_at: datetime
    envelope: bytes
    waiting: int


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
    ) -> Sequence[DeadLetter]:
        """A page of them, oldest first; `after` is the last id of the page before."""
        page = self._select().where(self._parked.c.id > after).order_by(self._parked.c.id)
        if consumer is not None:
            page = page.where(self._parked.c.consumer == consumer)
        return [_letter(row) for row in await connection.execute(page.limit(limit))]

    async def inspect(self, connection: AsyncConnection, letter_id: int) -> DeadLetter:
        """One of them; DeadLetterUnusable when there is none (any more)."""
        one = self._select().where(self._parked.c.id == letter_id)
        row = (await connection.execute(one)).first()
        if row is None:
            raise DeadLetterUnusable(f"there is no dead letter {letter_id}")
        return _letter(row)

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

    async def _replay_broken(self, tx: AsyncConnection, letter: DeadLetter) -> None:
        """Bytes that this version can read take their place in their subject."""
        try:
            envelope = Envelope.parse(letter.envelope)
        except BadEnvelope as error:
            raise DeadLetterUnusable(f"it is still no envelope ({error}): discard it") from None
        arrival = Arrival(letter.topic, letter.envelope, envelope)
        await tx.execute(delete(self._parked).where(self._parked.c.id == letter.id))
        ledger = await Ledger.open(tx, self._tables, letter.consumer, [arrival])
        ledger.park(arrival, Why.BEHIND, "replayed", clock.now())
        await ledger.save(tx)

    async def _decidable(self, tx: AsyncConnection, letter_id: int) -> DeadLetter:
        letter = await self.inspect(tx, letter_id)
        # The subject's row is locked, so that the consumer does not move it meanwhile.
        subjects = self._tables.subjects.c
        await tx.execute(
            select(subjects.last)
            .where(subjects.consumer == letter.consumer, subjects.topic == letter.topic)
            .where(subjects.subject == letter.subject)
            .with_for_update()
        )
        letter = await self.inspect(tx, letter_id)
        place = (letter.consumer, letter.topic, letter.subject)
        first = await first_parked(tx, self._tables, *place)
        if first is None or first.id != letter.id:
            raise DeadLetterUnusable("an earlier event of its subject is parked: decide that first")
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
        return select(parked, waiting).where(parked.c.dead_at.is_not(None))


def _letter(row: Any) -> DeadLetter:
    values = {name: row._mapping[name] for name in DeadLetter.__slots__}
    return DeadLetter(**{**values, "why": Why(values["why"])})
