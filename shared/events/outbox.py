"""The outbox: an event is stored with the change that it tells of, then relayed to the bus."""

from collections.abc import Sequence
from typing import Any

from opentelemetry.trace import Tracer
from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    insert,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db import Key, UTCDateTime
from shared.events.envelope import Envelope
from shared.events.errors import EventTooBig
from shared.events.event import Event, service_of
from shared.events.tracing import NO_TRACER, adding
from shared.failpoints import declare, failpoint
from shared.telemetry import traceparent

EVENT_BYTES = 900_000
SERIAL = BigInteger().with_variant(Integer, "sqlite")

ADDED = declare("events.outbox.added", "the event is in the open transaction, not committed")


def outbox_table(metadata: MetaData) -> Table:
    """Declare the outbox on a service's own metadata."""
    table = Table(
        "outbox",
        metadata,
        Column("id", SERIAL, primary_key=True, autoincrement=True),
        Column("event_id", Key(64), nullable=False),
        Column("type", Key(200), nullable=False),
        Column("subject", Key(200), nullable=False),
        Column("envelope", LargeBinary, nullable=False),
        Column("added_at", UTCDateTime, nullable=False),
        Column("refusal", String(500)),
    )
    refused = table.c.refusal.is_not(None)
    Index("outbox_refused", table.c.subject, postgresql_where=refused, sqlite_where=refused)
    return table


class Outbox:
    """Adds a service's events in the caller's transaction."""

    def __init__(
        self, table: Table, source: str, *, limit: int = EVENT_BYTES, tracer: Tracer = NO_TRACER
    ) -> None:
        """`source`: `/services/<name>`, whose events alone it takes; `limit` in bytes."""
        self.table = table
        self._source = source
        self._service = source.removeprefix("/services/")
        if f"/services/{self._service}" != source:
            raise ValueError(f"an event source is /services/<name>, not {source!r}")
        self.added = 0
        self._limit = limit
        self._tracer = tracer

    @property
    def topic(self) -> str:
        """Where the relay publishes this outbox."""
        return f"tongban.{self._service}"

    async def add(
        self, tx: AsyncConnection, event: Event, *, subject: str, sequence: int
    ) -> Envelope:
        """Store one event with the transaction; `sequence` is a counter on the aggregate."""
        with adding(self._tracer, event.TYPE, subject):
            envelope = self.wrap(event, subject=subject, sequence=sequence)
            await self.store(tx, [envelope])
        return envelope

    def wrap(self, event: Event, *, subject: str, sequence: int) -> Envelope:
        """An envelope of this service, in the current trace."""
        if service_of(event.TYPE) != self._service:
            raise ValueError(f"{event.TYPE} does not belong to {self._source}")
        return Envelope.wrap(
            event, source=self._source, subject=subject, sequence=sequence, trace=traceparent()
        )

    def row(self, envelope: Envelope) -> dict[str, Any]:
        """The outbox row of an envelope, for a writer that inserts many with its own statement."""
        body = envelope.encode()
        if len(body) > self._limit:
            raise EventTooBig(
                f"{envelope.type} for {envelope.subject} has {len(body)} bytes, "
                f"{self._limit} is the limit: send a reference instead of the content"
            )
        self.added += 1
        return {
            "event_id": envelope.id,
            "type": envelope.type,
            "subject": envelope.subject,
            "envelope": body,
            "added_at": envelope.time,
        }

    async def store(self, tx: AsyncConnection, envelopes: Sequence[Envelope]) -> None:
        """Store wrapped events with the transaction, in their order."""
        await tx.execute(insert(self.table), [self.row(envelope) for envelope in envelopes])
        failpoint(ADDED)

    async def release(self, tx: AsyncConnection, subject: str | None = None) -> int:
        """Let the relay try again what the bus refused: of one subject, or everything."""
        again = update(self.table).where(self.table.c.refusal.is_not(None)).values(refusal=None)
        if subject is not None:
            again = again.where(self.table.c.subject == subject)
        return (await tx.execute(again)).rowcount
