"""How a consumer's handlers are found and run."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from opentelemetry.trace import SpanKind, Tracer
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events.envelope import Envelope
from shared.events.errors import reason_of
from shared.events.event import topic_of
from shared.events.ledger import Arrival
from shared.events.tracing import continuing, settling

Handler = Callable[[AsyncConnection, Envelope], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Fetching:
    """A handler that needs something from elsewhere: it is fetched before the transaction opens.

    A call to another service inside the transaction would hold the database's writer meanwhile.
    """

    fetch: Callable[[Envelope], Awaitable[Any]]
    apply: Callable[[AsyncConnection, Envelope, Any], Awaitable[None]]


class HandlerFailed(Exception):
    """A handler raised: the transaction has to be undone and the event parked."""

    def __init__(self, index: int, arrival: Arrival, cause: Exception) -> None:
        super().__init__(f"{arrival.envelope.type} {arrival.envelope.id}")
        self.index = index
        self.event_id = arrival.envelope.id
        self.reason = reason_of(cause)


@dataclass(slots=True)
class Prepared:
    """What was fetched for a batch, and what is known to fail in it, by event id."""

    fetched: dict[str, Any]
    failures: dict[str, str]


class Handlers:
    """The handlers of one consumer by event type; `<topic>.*` takes what no other type does."""

    def __init__(
        self, handlers: Mapping[str, Handler | Fetching], tracer: Tracer, seconds: float
    ) -> None:
        """`seconds`: how long a handler may take before it counts as failed."""
        if not handlers:
            raise ValueError("a consumer needs a handler")
        self._handlers = dict(handlers)
        self._tracer = tracer
        self._seconds = seconds
        self.topics = sorted({_topic(name) for name in handlers})

    def find(self, arrival: Arrival) -> Handler | Fetching | None:
        """The handler of an event, None when the consumer has no use for its type."""
        own = self._handlers.get(arrival.envelope.type)
        return own if own is not None else self._handlers.get(f"{arrival.topic}.*")

    def settling(self, group: str, arrivals: Sequence[Arrival]) -> AbstractContextManager[None]:
        """Around the transaction in which these are handled, for the traces."""
        return settling(self._tracer, group, [arrival.envelope for arrival in arrivals])

    async def prepare(self, arrivals: Sequence[Arrival], *, again: bool = False) -> Prepared:
        """Fetch what the handlers need, all at once; `again`: it was tried before."""
        prepared = Prepared({}, {})
        await asyncio.gather(*(self._fetch(arrival, prepared, again) for arrival in arrivals))
        return prepared

    async def run(
        self,
        tx: AsyncConnection,
        handler: Handler | Fetching,
        arrival: Arrival,
        fetched: Any,
        *,
        again: bool = False,
    ) -> None:
        """Let the handler act in the transaction."""
        envelope = arrival.envelope
        async with asyncio.timeout(self._seconds):
            with continuing(self._tracer, "process", SpanKind.CONSUMER, envelope, again=again):
                if isinstance(handler, Fetching):
                    await handler.apply(tx, envelope, fetched)
                else:
                    await handler(tx, envelope)

    async def _fetch(self, arrival: Arrival, prepared: Prepared, again: bool) -> None:
        handler = self.find(arrival)
        if not isinstance(handler, Fetching):
            return
        envelope = arrival.envelope
        try:
            async with asyncio.timeout(self._seconds):
                with continuing(
                    self._tracer, "fetch for", SpanKind.INTERNAL, envelope, again=again
                ):
                    prepared.fetched[envelope.id] = await handler.fetch(envelope)
        except Exception as error:  # noqa: BLE001 - whatever it is, the event is parked with it
            prepared.failures[envelope.id] = reason_of(error)


def _topic(name: str) -> str:
    return topic_of(f"{name.removesuffix('.*')}.any.v1" if name.endswith(".*") else name)
