"""What a consumer knows of the subjects in hand, for one transaction: read once, written once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any

from sqlalchemy import Executable, Table, case, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import clock
from shared.events.bus import Delivery
from shared.events.envelope import Envelope
from shared.events.inbox import InboxTables, Why


@dataclass(frozen=True, slots=True)
class Arrival:
    """A readable event that came for a consumer."""

    topic: str
    raw: bytes
    envelope: Envelope


class Verdict(Enum):
    """What is to become of an event."""

    NEXT = auto()  # its turn
    OLD = auto()  # handled before
    GAP = auto()  # events are missing before it
    BEHIND = auto()  # another of its subject is parked


@dataclass(slots=True)
class State:
    """How far a subject is."""

    last: int = 0
    blocked: bool = False
    changed: bool = False

    def advance(self, sequence: int) -> None:
        """The event with this number is done."""
        self.last = max(self.last, sequence)
        self.changed = True

    def block(self, blocked: bool) -> None:
        """Whether later events have to wait."""
        self.changed = self.changed or blocked != self.blocked
        self.blocked = blocked


class Ledger:
    """The states of the subjects of some arrivals, locked until the transaction ends."""

    def __init__(self, tables: InboxTables, consumer: str) -> None:
        self._tables = tables
        self._consumer = consumer
        self._states: dict[tuple[str, str], State] = {}
        self._seen: set[str] = set()
        self._handled: list[str] = []
        self._parked: list[dict[str, Any]] = []

    @classmethod
    async def open(
        cls,
        tx: AsyncConnection,
        tables: InboxTables,
        consumer: str,
        arrivals: Sequence[Arrival],
        broken: Sequence[Delivery] = (),
    ) -> "Ledger":
        """Read and lock what concerns the arrivals."""
        ledger = cls(tables, consumer)
        await ledger._read_states(tx, arrivals)
        events = tables.events
        ids = [a.envelope.id for a in arrivals] + [delivery.place for delivery in broken]
        known = select(events.c.event_id).where(
            events.c.consumer == consumer, events.c.event_id.in_(ids)
        )
        ledger._seen.update((await tx.scalars(known)).all())
        return ledger

    @property
    def parked(self) -> int:
        """How many events this transaction parks."""
        return len(self._parked)

    @property
    def dead(self) -> list[tuple[str, str]]:
        """Id and reason of each event that this transaction makes a dead letter."""
        return [
            (row["event_id"], row["reason"]) for row in self._parked if row["dead_at"] is not None
        ]

    def state(self, arrival: Arrival) -> State:
        """The state of the arrival's subject."""
        return self._states[arrival.topic, arrival.envelope.subject]

    def order(self, arrival: Arrival) -> Verdict:
        """OLD, NEXT or GAP: where the arrival stands in its subject."""
        state = self.state(arrival)
        sequence = arrival.envelope.sequence
        if sequence <= state.last or arrival.envelope.id in self._seen:
            return Verdict.OLD
        return Verdict.NEXT if sequence == state.last + 1 else Verdict.GAP

    def judge(self, arrival: Arrival) -> Verdict:
        """What is to become of the arrival: BEHIND when another of its subject is parked."""
        order = self.order(arrival)
        if order is not Verdict.OLD and self.state(arrival).blocked:
            return Verdict.BEHIND
        return order

    def gap(self, arrival: Arrival) -> str:
        """What is missing before the arrival, in words."""
        first, last = self.state(arrival).last + 1, arrival.envelope.sequence - 1
        return f"events {first} to {last} of the subject have not come"

    def repeated(self, arrival: Arrival) -> None:
        """The event was handled before; it still counts when it has come under a new number."""
        if arrival.envelope.sequence == self.state(arrival).last + 1:
            self.passed(arrival)

    def passed(self, arrival: Arrival) -> None:
        """The consumer has no use for the event; its subject goes on."""
        self.state(arrival).advance(arrival.envelope.sequence)

    def handled(self, arrival: Arrival) -> None:
        """The event had its effect in this transaction."""
        self.passed(arrival)
        self._seen.add(arrival.envelope.id)
        self._handled.append(arrival.envelope.id)

    def park(
        self, arrival: Arrival, why: Why, reason: str, due: datetime | None, attempts: int = 0
    ) -> None:
        """Keep the event, and let its subject wait behind it."""
        envelope = arrival.envelope
        state = self.state(arrival)
        if why is Why.BEHIND and envelope.sequence == state.last + 1:
            due = clock.now()  # it fills the gap that its subject waits for
        state.block(blocked=True)
        self._keep(
            topic=arrival.topic,
            subject=envelope.subject,
            sequence=envelope.sequence,
            event_id=envelope.id,
            type=envelope.type,
            envelope=arrival.raw,
            why=why,
            reason=reason,
            attempts=attempts,
            due_at=due,
            dead_at=clock.now() if due is None and why is not Why.BEHIND else None,
        )

    def bury(self, delivery: Delivery) -> None:
        """Keep bytes that are no envelope as a dead letter; nothing can wait behind them."""
        if delivery.place in self._seen:
            return
        self._handled.append(delivery.place)
        self._keep(
            topic=delivery.topic,
            subject=delivery.place,
            sequence=0,
            event_id=delivery.place,
            type="",
            envelope=delivery.raw,
            why=Why.BROKEN,
            reason=delivery.error or "not an envelope",
            attempts=0,
            due_at=None,
            dead_at=clock.now(),
        )

    async def save(self, tx: AsyncConnection) -> None:
        """Write what has changed."""
        now = clock.now()
        if self._handled:
            ids = [
                {"consumer": self._consumer, "event_id": event_id, "handled_at": now}
                for event_id in self._handled
            ]
            await tx.execute(insert(self._tables.events), ids)
        states = [
            {"topic": topic, "subject": subject, "last": state.last, "blocked": state.blocked}
            for (topic, subject), state in self._states.items()
            if state.changed
        ]
        if states:
            rows = [{"consumer": self._consumer, **state} for state in states]
            await tx.execute(_move(tx.dialect.name, self._tables.subjects), rows)
        if self._parked:
            await tx.execute(_keep(tx.dialect.name, self._tables.parked), self._parked)

    def _keep(self, **row: Any) -> None:
        self._parked.append(
            {"consumer": self._consumer, "parked_at": clock.now(), "over_gap": False, **row}
        )

    async def _read_states(self, tx: AsyncConnection, arrivals: Sequence[Arrival]) -> None:
        for arrival in arrivals:
            self._states[arrival.topic, arrival.envelope.subject] = State()
        columns = self._tables.subjects.c
        for topic in sorted({topic for topic, _ in self._states}):
            subjects = [subject for at, subject in self._states if at == topic]
            rows = await tx.execute(
                select(columns.subject, columns.last, columns.blocked)
                .where(columns.consumer == self._consumer, columns.topic == topic)
                .where(columns.subject.in_(subjects))
                .order_by(columns.subject)
                .with_for_update()
            )
            for subject, last, blocked in rows:
                self._states[topic, subject] = State(last, blocked)


# The two dialects' inserts know ON CONFLICT, the general one does not.
def _move(dialect: str, table: Table) -> Executable:
    insert_ = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = insert_(table)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["consumer", "topic", "subject"],
        # Never backwards: two consumers may both have found no row to lock.
        set_={
            "last": case((new["last"] > table.c["last"], new["last"]), else_=table.c["last"]),
            "blocked": new["blocked"],
        },
    )


def _keep(dialect: str, table: Table) -> Executable:
    insert_ = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert_(table).on_conflict_do_nothing(index_elements=["consumer", "event_id"])
