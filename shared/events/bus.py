"""The port to the event bus: an ordered log per topic, read by consumer groups.

An adapter keeps these promises (its contract suite is `tests/contract/events`):
- `publish` returns when everything is stored for good; events of one subject keep their order.
- Each group gets each event at least once, from the earliest kept one on. An event that was
  published twice under one id may be delivered twice: consumers keep an inbox.
- A tail belongs to no group: each gets every event that is not older than the moment it asks for
  (and perhaps some that are), and nothing is committed.
- All events of one subject go to one consumer of a group at a time. When it dies, another goes
  on from the last commit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, Self

from shared.events.envelope import Envelope
from shared.events.errors import BadEnvelope


@dataclass(frozen=True, slots=True)
class Message:
    """An encoded event with what a bus needs to know of it: `subject` keys the order."""

    id: str
    type: str
    subject: str
    body: bytes

    @classmethod
    def of(cls, envelope: Envelope) -> Self:
        """Encode an envelope."""
        return cls(envelope.id, envelope.type, envelope.subject, envelope.encode())


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event as it comes off the bus; `envelope` is None when the bytes are none (`error`)."""

    topic: str
    partition: int
    position: int
    raw: bytes
    envelope: Envelope | None
    error: str | None = None

    @classmethod
    def read(cls, topic: str, partition: int, position: int, raw: bytes) -> Self:
        """Parse what came off the bus; broken bytes are told in `error`, never raised."""
        try:
            return cls(topic, partition, position, raw, Envelope.parse(raw))
        except BadEnvelope as error:
            return cls(topic, partition, position, raw, None, str(error))

    @property
    def place(self) -> str:
        """The delivery's place on the bus: it names an event that has no id."""
        return f"{self.topic}/{self.partition}/{self.position}"


class Tail(Protocol):
    """A reader for itself alone, who begins anew each time."""

    async def fetch(self, limit: int, seconds: float) -> list[Delivery]:
        """The next deliveries, none when the time runs out."""
        ...

    async def lag(self) -> dict[str, int]:
        """How many events of each topic wait for this reader (or for its group)."""
        ...

    async def close(self) -> None:
        """Stop reading."""
        ...


class Subscription(Tail, Protocol):
    """One consumer of a group: it has some subjects for itself, or stands by with none.

    A subject passes to another consumer when what was fetched of it is committed, or when its
    consumer is dead. What this one closes with, another goes on from at once.
    """

    async def commit(self, deliveries: Sequence[Delivery]) -> None:
        """These and all before them are handled; durable at the latest with `close`."""
        ...


class EventBus(Protocol):
    """Stores events and hands them to consumer groups. Unreachable: BusUnavailable, try again."""

    async def publish(self, topic: str, messages: Sequence[Message]) -> None:
        """Store all; EventRefused names those it will never take (of the rest, none is sure)."""
        ...

    async def subscribe(self, group: str, topics: Sequence[str]) -> Subscription:
        """Join a consumer group."""
        ...

    async def tail(self, topics: Sequence[str], since: datetime) -> Tail:
        """Read what was told since a moment, and all that follows."""
        ...

    async def close(self) -> None:
        """Let go of every connection."""
        ...
