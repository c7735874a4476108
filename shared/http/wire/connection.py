"""One connection to an upstream: one request at a time, with back-pressure both ways."""

import asyncio
from collections.abc import Callable
from typing import cast

from shared.http.errors import AnswerTimedOut, BadUpstreamAnswer, UpstreamFault, UpstreamLost
from shared.http.wire.reader import AnswerReader

_HIGH_WATER = 262_144
_NEVER = float("inf")


class Connection(asyncio.Protocol):
    """The transport, who waits on it, and until when."""

    def __init__(self, on_lost: Callable[["Connection"], None]) -> None:
        self.closed = False
        self.used = False
        self.idle_since = 0.0
        self.reader: AnswerReader | None = None
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self._fault: BaseException | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._writable: asyncio.Future[None] | None = None
        self._deadline = _NEVER
        self._timer: asyncio.TimerHandle | None = None
        self._reading_paused = False

    # What the exchange calls

    def begin(self, head: bytes, *, to_head: bool) -> AnswerReader:
        """Send a request's head and get ready for its answer."""
        self.reader = AnswerReader(to_head=to_head)
        self._deadline = _NEVER
        self.used = True
        self._transport.write(head)
        return self.reader

    def write(self, data: bytes) -> None:
        """Send a part of the request's body; `drain` before the next."""
        self._transport.write(data)

    async def drain(self, patience: float) -> None:
        """Wait until the upstream has taken enough of what was written."""
        if self.closed:
            raise UpstreamLost("the connection was closed while the request was being sent")
        if self._writable is not None:
            try:
                async with asyncio.timeout(patience):
                    await asyncio.shield(self._writable)
            except TimeoutError:
                raise AnswerTimedOut(f"it took nothing for {patience:g} s") from None

    def expect(self, patience: float) -> None:
        """From now on something must come within `patience` seconds."""
        self._deadline = self._loop.time() + patience
        if self._timer is not None and self._timer.when() > self._deadline:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = self._loop.call_at(self._deadline, self._tick)

    async def head(self, reader: AnswerReader) -> None:
        """Wait for the answer's status and headers."""
        while not reader.head_complete:
            await self._news()

    async def part(self, reader: AnswerReader, patience: float) -> bytes:
        """The next part of the answer's body; empty at its end."""
        if not reader.parts and not reader.complete:
            self.expect(patience)
            while not reader.parts and not reader.complete:
                await self._news()
        data = reader.take()
        self._resume_reading()
        return data

    def end(self) -> None:
        """Forget an exchange whose answer has come whole, read or not."""
        self.reader = None
        self._resume_reading()

    def fail(self, fault: BaseException) -> None:
        """Give the exchange up; who waits for the answer gets `fault`."""
        self._fault = self._fault or fault
        self._wake()
        self.abort()

    def abort(self) -> None:
        """Cut the connection."""
        self.closed = True
        self._transport.abort()

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        reader = self.reader
        if reader is None or reader.complete:
            self.abort()  # nobody asked for this
            return
        try:
            reader.feed(data)
        except BadUpstreamAnswer as fault:
            reader.reusable = False
            self.fail(fault)
            return
        if reader.buffered > _HIGH_WATER and not self._reading_paused:
            self._reading_paused = True
            self._transport.pause_reading()
        self._wake()

    def connection_lost(self, _: Exception | None) -> None:
        self.closed = True
        if self._timer is not None:
            self._timer.cancel()
        if self.reader is not None:
            try:
                self.reader.end()
            except UpstreamFault as fault:
                self._fault = self._fault or fault
        self._wake()
        self.resume_writing()
        self._on_lost(self)

    def pause_writing(self) -> None:
        self._writable = self._loop.create_future()

    def resume_writing(self) -> None:
        if self._writable is not None:
            self._writable.set_result(None)
            self._writable = None

    def _resume_reading(self) -> None:
        if self._reading_paused:
            self._reading_paused = False
            self._transport.resume_reading()

    async def _news(self) -> None:
        if self._fault is not None:
            raise self._fault
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _tick(self) -> None:
        # One timer serves many waits: it looks at the deadline of the present one when it fires.
        self._timer = None
        if self._waiter is None or self._deadline == _NEVER:
            return
        if self._loop.time() >= self._deadline:
            self.fail(AnswerTimedOut("it did not go on in time"))
        else:
            self._timer = self._loop.call_at(self._deadline, self._tick)
