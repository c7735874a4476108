"""The tables in which a consumer remembers what it has handled and keeps what it could not."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    delete,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db import Key, UTCDateTime
from shared.events.outbox import SERIAL


class Why(StrEnum):
    """Why an event is parked."""

    FAILED = "failed"  # its handler raised
    GAP = "gap"  # events of its subject are missing before it
    BEHIND = "behind"  # it waits behind another of its subject
    BROKEN = "broken"  # its bytes are no envelope


@dataclass(frozen=True, slots=True)
class InboxTables:
    """The inbox of a service; `consumer` in each is the group, so that a rebuild stands beside."""

    events: Table
    subjects: Table
    parked: Table
    decisions: Table

    async def prune(self, tx: AsyncConnection, before: datetime) -> int:
        """Forget the ids handled before; the sequences still keep their events from repeating."""
        old = delete(self.events).where(self.events.c.handled_at < before)
        return (await tx.execute(old)).rowcount

    async def forget(self, tx: AsyncConnection, consumer: str) -> None:
        """Remove all of a consumer that is no more, as after a rebuild under a new name."""
        for table in (self.events, self.subjects, self.parked):
            await tx.execute(delete(table).where(table.c.consumer == consumer))


def inbox_tables(metadata: MetaData) -> InboxTables:
    """Declare the inbox on a service's own metadata."""
    return InboxTables(
        _events(metadata), _subjects(metadata), _parked(metadata), _decisions(metadata)
    )


def _events(metadata: MetaData) -> Table:
    return Table(
        "inbox_event",
        metadata,
        Column("consumer", Key(100), primary_key=True),
        Column("event_id", Key(300), primary_key=True),
        Column("handled_at", UTCDateTime, nullable=False, index=True),
    )


def _subjects(metadata: MetaData) -> Table:
    return Table(
        "inbox_subject",
        metadata,
        Column("consumer", Key(100), primary_key=True),
        Column("topic", Key(100), primary_key=True),
        Column("subject", Key(200), primary_key=True),
        Column("last", SERIAL, nullable=False),
        Column("blocked", Boolean, nullable=False),
    )


def _parked(metadata: MetaData) -> Table:
    table = Table(
        "inbox_parked",
        metadata,
        Column("id", SERIAL, primary_key=True, autoincrement=True),
        Column("consumer", Key(100), nullable=False),
        Column("topic", Key(100), nullable=False),
        Column("subject", Key(300), nullable=False),
        Column("sequence", SERIAL, nullable=False),
        Column("event_id", Key(300), nullable=False),
        Column("type", Key(200), nullable=False),
        Column("envelope", LargeBinary, nullable=False),
        Column("why", Key(10), nullable=False),
        Column("reason", String(1000), nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("parked_at", UTCDateTime, nullable=False),
        # When it is tried next: null while it waits behind another or is a dead letter.
        Column("due_at", UTCDateTime),
        Column("dead_at", UTCDateTime),
        # An operator has said to go on although events are missing before it.
        Column("over_gap", Boolean, nullable=False),
        UniqueConstraint("consumer", "event_id"),
    )
    columns = table.c
    Index(
        "inbox_parked_subject", columns.consumer, columns.topic, columns.subject, columns.sequence
    )
    Index("inbox_parked_due", columns.consumer, columns.due_at)
    dead = columns.dead_at.is_not(None)
    Index("inbox_parked_dead", columns.id, postgresql_where=dead, sqlite_where=dead)
    return table


def _decisions(metadata: MetaData) -> Table:
    return Table(
        "inbox_decision",
        metadata,
        Column("id", SERIAL, primary_key=True, autoincrement=True),
        Column("consumer", Key(100), nullable=False),
        Column("event_id", Key(300), nullable=False),
        Column("type", Key(200), nullable=False),
        Column("topic", Key(100), nullable=False),
        Column("subject", Key(300), nullable=False),
        Column("sequence", SERIAL, nullable=False),
        Column("envelope", LargeBinary, nullable=False),
        Column("reason", String(1000), nullable=False),
        Column("decision", Key(10), nullable=False),
        Column("who", Key(200), nullable=False),
        Column("why", String(1000), nullable=False),
        Column("decided_at", UTCDateTime, nullable=False),
    )
