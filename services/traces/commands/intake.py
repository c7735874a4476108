"""Taking spans in: scrubbed where they come, queued, and written together a moment later.

A sender is answered when its spans stand in the queue, and never waits for the disk. What is in
the queue when the process is killed is lost; traces tell how something went, and nothing rests on
them. The queue is bounded: when it is full, senders are told to come again, and keep their spans.
"""

import asyncio
from collections import deque
from collections.abc import Iterable

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge

from services.traces.commands.scrubbing import Scrubbing
from services.traces.domain import Span
from services.traces.store import Kept, SpanWriter
from shared.clock import now
from shared.db import Database, DatabaseError

_log = structlog.get_logger("traces")
_MOMENT = 0.5  # seconds that the first span of a moment waits for others
_LARGEST = 2_000  # spans of one transaction: others want to write as well
_PATIENCE = 1.0  # seconds until a database that was away is tried again
_BILLION = 1_000_000_000


class QueueFull(Exception):
    """More spans came than could be written; the sender keeps its own and comes again."""


class Intake:
    """The queue of spans, and the one that writes them."""

    def __init__(
        self,
        db: Database,
        scrubbing: Scrubbing,
        registry: CollectorRegistry,
        *,
        queue: int,
        trace_spans: int,
    ) -> None:
        self._db = db
        self._scrubbing = scrubbing
        self._room = queue
        self._trace_spans = trace_spans
        self._waiting: deque[Kept] = deque()
        self._come = asyncio.Event()
        self._counts = _Counts(registry)
        self._counts.waiting.set_function(lambda: len(self._waiting))

    def prepare(self, spans: Iterable[Span]) -> list[Kept]:
        """Scrub spans and make their rows; called in a thread, for it is all the work there is."""
        return [Kept.of(self._scrubbing.span(span)) for span in spans]

    def add(self, spans: list[Kept]) -> None:
        """Let spans wait to be written, all of them or none."""
        if not spans:
            return
        # An export that is larger than the queue is taken when nothing else waits.
        if self._waiting and len(self._waiting) + len(spans) > self._room:
            self._counts.turned_away.inc()
            raise QueueFull
        self._waiting.extend(spans)
        self._come.set()

    @property
    def full(self) -> bool:
        """Whether it is no use to read another export now."""
        return len(self._waiting) >= self._room

    async def run(self, stop: asyncio.Event) -> None:
        """Write what comes until it stops, and then what is left."""
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                coming = asyncio.create_task(self._come.wait())
                await asyncio.wait({coming, stopping}, return_when=asyncio.FIRST_COMPLETED)
                coming.cancel()
                await asyncio.wait({stopping}, timeout=_MOMENT)
                await self._write_all(stop)
            await self._write_all(stop)
        finally:
            stopping.cancel()

    async def _write_all(self, stop: asyncio.Event) -> None:
        self._come.clear()
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(_LARGEST, len(self._waiting)))]
            try:
                await self._write(batch)
            except DatabaseError as error:
                self._waiting.extendleft(reversed(batch))
                self._come.set()
                await _log.awarning("spans wait: the database is away", error=repr(error))
                await _pause(stop)
                return
            except Exception as error:  # noqa: BLE001 - one batch that cannot be written is let go
                self._counts.lost.inc(len(batch))
                await _log.aerror("spans could not be written", exc_info=error, count=len(batch))

    async def _write(self, batch: list[Kept]) -> None:
        received = int(now().timestamp() * _BILLION)
        async with self._db.write() as tx:
            added, over = await SpanWriter(tx, self._trace_spans).write(batch, received)
        self._counts.stored.inc(added)
        self._counts.over.inc(over)


async def _pause(stop: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(stop.wait(), _PATIENCE)
    except TimeoutError:
        return


class _Counts:
    """What operators see of it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.stored = Counter("traces_spans_stored", "Spans written", registry=registry)
        self.over = Counter(
            "traces_spans_over", "Spans beyond the limit of their trace", registry=registry
        )
        self.lost = Counter(
            "traces_spans_lost", "Spans that could not be written", registry=registry
        )
        self.turned_away = Counter(
            "traces_exports_turned_away", "Exports refused by a full queue", registry=registry
        )
        self.waiting = Gauge(
            "traces_spans_waiting", "Spans that wait to be written", registry=registry
        )
