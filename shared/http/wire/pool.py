"""The connections to one upstream: kept alive, bounded, and a bounded wait for one."""

import asyncio
from collections import deque

from shared.http.errors import ConnectTimedOut, UpstreamBusy, UpstreamDown
from shared.http.wire.address import Address
from shared.http.wire.connection import Connection


class Pool:
    """A slot is an open connection or the right to open one; there are `size` of them."""

    def __init__(self, address: Address, size: int, max_waiting: int, idle: float) -> None:
        """`idle`: seconds after which an unused connection is closed, before the upstream does."""
        self._address = address
        self._size = size
        self._max_waiting = max_waiting
        self._idle_for = idle
        self._slots_taken = 0
        self._all: set[Connection] = set()
        self._idle: deque[Connection] = deque()
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()
        self._sweeper: asyncio.TimerHandle | None = None

    @property
    def busy(self) -> int:
        """How many exchanges are under way."""
        return self._slots_taken - len(self._idle)

    @property
    def waiting(self) -> int:
        """How many callers wait for a connection."""
        return len(self._waiting)

    async def acquire(self, wait: float, connect: float) -> Connection:
        """A connection that is open, the one used last first."""
        while True:
            while self._idle:
                kept = self._idle.pop()
                if not kept.closed:
                    return kept
            if self._slots_taken < self._size:
                self._slots_taken += 1
                return await self._connect(connect)
            handed = await self._queue(wait)
            if handed is None:
                return await self._connect(connect)
            if not handed.closed:
                return handed

    def release(self, connection: Connection) -> None:
        """Give back a connection whose answer was read to the end."""
        if connection.closed:
            return
        waiter = self._next_waiter()
        if waiter is not None:
            waiter.set_result(connection)
            return
        loop = asyncio.get_running_loop()
        connection.idle_since = loop.time()
        self._idle.append(connection)
        if self._sweeper is None:
            self._sweeper = loop.call_later(self._idle_for, self._sweep)

    def discard_idle(self) -> None:
        """Close what is not in use."""
        while self._idle:
            self._idle.pop().abort()

    def close(self) -> None:
        """Cut every connection."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        for connection in list(self._all):
            connection.abort()

    async def _connect(self, patience: float) -> Connection:
        connected = False
        try:
            async with asyncio.timeout(patience):
                connection = await self._address.connect(lambda: Connection(self._lost))
            self._all.add(connection)
            connected = True
        except TimeoutError:
            raise ConnectTimedOut(f"no connection within {patience:g} s") from None
        except OSError as error:
            raise UpstreamDown(str(error)) from error
        finally:
            if not connected:
                self._free_slot()
        return connection

    async def _queue(self, patience: float) -> Connection | None:
        if len(self._waiting) >= self._max_waiting:
            raise UpstreamBusy(f"{len(self._waiting)} callers wait already")
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[Connection | None] = loop.create_future()
        self._waiting.append(turn)
        expiry = loop.call_later(patience, _expire, turn, patience)
        try:
            return await turn
        except asyncio.CancelledError:
            self._pass_on(turn)
            raise
        finally:
            expiry.cancel()
            if turn in self._waiting:
                self._waiting.remove(turn)

    def _pass_on(self, turn: asyncio.Future[Connection | None]) -> None:
        """The caller went away in the moment in which its turn came."""
        if turn.done() and not turn.cancelled() and turn.exception() is None:
            connection = turn.result()
            if connection is None:
                self._free_slot()
            else:
                self.release(connection)

    def _next_waiter(self) -> asyncio.Future[Connection | None] | None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                return turn
        return None

    def _free_slot(self) -> None:
        waiter = self._next_waiter()
        if waiter is not None:
            waiter.set_result(None)
        else:
            self._slots_taken -= 1

    def _lost(self, connection: Connection) -> None:
        self._all.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        self._free_slot()

    def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        self._sweeper = None
        while self._idle and self._idle[0].idle_since + self._idle_for <= loop.time():
            self._idle.popleft().abort()
        if self._idle:
            oldest = self._idle[0].idle_since + self._idle_for
            self._sweeper = loop.call_at(oldest, self._sweep)


def _expire(turn: asyncio.Future[Connection | None], patience: float) -> None:
    if not turn.done():
        turn.set_exception(UpstreamBusy(f"no connection became free within {patience:g} s"))
