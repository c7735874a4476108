"""Between the requests and the collector: nothing that happens there is felt here."""

import threading
import time
from collections import deque
from collections.abc import Mapping
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from shared.telemetry.baggage import carried
from shared.telemetry.context import current
from shared.telemetry.export.errors import Refused, TryLater
from shared.telemetry.export.safe import safe
from shared.telemetry.metrics import ExportMetrics

Waiting = tuple[ReadableSpan, Mapping[str, str]]  # and the case that it is about

LIMIT = 4096
BATCH = 512
INTERVAL = 1.0
CLOSE_SECONDS = 3.0
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0


class SpanQueue(SpanProcessor):
    """Keeps some thousand spans for the exporter's own thread; the oldest make room, and count.

    One line is logged when the exporter begins to fail, and one when it works again.
    """

    def __init__(
        self,
        exporter: SpanExporter,
        metrics: ExportMetrics,
        log: Any,
        *,
        limit: int = LIMIT,
        interval: float = INTERVAL,
    ) -> None:
        """`interval`: seconds for which spans are gathered, unless a batch is full before."""
        self._exporter = exporter
        self._metrics = metrics
        self._log = log
        self._limit = limit
        self._interval = interval
        self._queue: deque[Waiting] = deque()
        self._held: list[Waiting] = []  # the batch that is to be tried again
        self._some, self._full, self._stop = (threading.Event() for _ in range(3))
        self._sending = threading.Lock()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._pause = 0.0
        self._trouble: str | None = None

    def on_end(self, span: ReadableSpan) -> None:
        """Take one span that has ended; called where the work is done, so it does nothing else."""
        if span.context is None or not span.context.trace_flags.sampled:
            return
        if self._stop.is_set():
            self._metrics.dropped("closed", 1)
            return
        queue = self._queue
        queue.append((span, carried(current.get())))
        waiting = len(queue)
        if waiting > self._limit:
            self._drop_oldest()
        if not self._some.is_set():
            self._begin()
        if waiting >= BATCH and not self._full.is_set():
            self._full.set()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Send what waits now, from the caller's thread; False when not all of it was taken."""
        until = time.monotonic() + timeout_millis / 1000
        if not self._sending.acquire(timeout=timeout_millis / 1000):
            return False
        try:
            self._drain(until)
            return not (self._queue or self._held)
        finally:
            self._sending.release()

    def shutdown(self) -> None:
        """Send what waits, as far as that goes in a few seconds, and end the thread."""
        if self._stop.is_set():
            return
        for event in (self._stop, self._some, self._full):
            event.set()
        self.force_flush(int(CLOSE_SECONDS * 1000))
        left = len(self._queue) + len(self._held)
        if left:
            self._metrics.dropped("closed", left)
        self._exporter.shutdown()
        if self._thread is not None:
            self._thread.join(CLOSE_SECONDS)

    def _begin(self) -> None:
        self._some.set()
        if self._thread is not None:
            return
        with self._starting:  # at the first span only: who records nothing has no thread
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="spans", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._some.wait()
            # Who was told to wait is not hurried by a full batch.
            (self._stop if self._pause else self._full).wait(self._pause or self._interval)
            if self._stop.is_set():
                return
            self._some.clear()
            self._full.clear()
            with self._sending:
                self._drain()
            if self._queue or self._held:
                self._some.set()

    def _drain(self, until: float | None = None) -> None:
        while (until is None or time.monotonic() < until) and (batch := self._next()):
            try:
                done = self._exporter.export([safe(*one) for one in batch])
                if done is not SpanExportResult.SUCCESS:
                    raise Refused("it failed")
            except TryLater as later:
                self._held = batch
                self._wait(later)
                return
            except Exception as error:  # noqa: BLE001 - no failure of an exporter may end its thread
                self._lost(batch, error)
            else:
                self._sent(len(batch))

    def _next(self) -> list[Waiting]:
        batch, self._held = self._held, []
        try:
            while len(batch) < BATCH:
                batch.append(self._queue.popleft())
        except IndexError:
            pass
        return batch

    def _drop_oldest(self) -> None:
        try:
            self._queue.popleft()
        except IndexError:
            return
        self._metrics.dropped("overflow", 1)

    def _sent(self, count: int) -> None:
        self._pause = 0.0
        self._metrics.sent(count)
        if self._trouble is not None:
            self._log.info("spans are taken again", after=self._trouble)
            self._trouble = None

    def _wait(self, later: TryLater) -> None:
        doubled = min(_LONGEST_PAUSE, self._pause * 2) or _FIRST_PAUSE
        asked = later.seconds if later.seconds is not None else doubled
        self._pause = min(_LONGEST_PAUSE, max(_FIRST_PAUSE, asked))
        self._note(str(later))

    def _lost(self, batch: list[Waiting], error: Exception) -> None:
        self._pause = 0.0
        count = error.count if isinstance(error, Refused) else None
        lost = len(batch) if count is None else min(count, len(batch))
        self._metrics.dropped("refused", lost)
        self._metrics.sent(len(batch) - lost)
        self._note(str(error) if isinstance(error, Refused) else type(error).__name__)

    def _note(self, why: str) -> None:
        if self._trouble is None:
            self._log.warning("spans are not taken", why=why)
            self._trouble = why
