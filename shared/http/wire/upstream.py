"""The client engine: send a request to an upstream, stream its answer."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass

from shared.http.errors import BadUpstreamAnswer, UnsendableRequest, UpstreamLost
from shared.http.wire.address import Address
from shared.http.wire.connection import Connection
from shared.http.wire.framing import Headers, end_to_end, request_head
from shared.http.wire.pool import Pool
from shared.http.wire.reader import AnswerReader

_REPLAYABLE = (b"GET", b"HEAD")
_KEY = b"idempotency-key"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds of patience with each step of an exchange."""

    connect: float = 2.0
    wait: float = 2.0  # for a free connection
    answer: float = 30.0  # for the headers, once the request was sent
    idle: float = 30.0  # for the next part of a body, either way


@dataclass(frozen=True, slots=True)
class Streamed:
    """A request body that comes in parts; `length` None: nobody knows how long it is."""

    parts: AsyncIterable[bytes]
    length: int | None = None


class Answer:
    """Status and headers of an answer, and its body as it comes. Close it, whatever happens."""

    def __init__(self, upstream: "Upstream", exchange: "_Exchange", idle: float) -> None:
        self.status = exchange.reader.status
        self.headers: Headers = end_to_end(exchange.reader.headers)
        self._upstream = upstream
        self._exchange: _Exchange | None = exchange
        self._idle = idle

    async def part(self) -> bytes:
        """The next part of the body; empty at its end."""
        if self._exchange is None:
            return b""
        try:
            data = await self._exchange.connection.part(self._exchange.reader, self._idle)
        except BaseException:
            self.close()
            raise
        if not data or (self._exchange.reader.complete and not self._exchange.reader.parts):
            self.close()
        return data

    async def parts(self) -> AsyncIterator[bytes]:
        """The whole body in the parts in which it comes."""
        while part := await self.part():
            yield part

    async def read(self, limit: int) -> bytes:
        """The whole body, or BadUpstreamAnswer when it is longer than `limit` bytes."""
        body = bytearray()
        async for part in self.parts():
            body += part
            if len(body) > limit:
                self.close()
                raise BadUpstreamAnswer(f"its body is longer than {limit} bytes")
        return bytes(body)

    @property
    def ended(self) -> bool:
        """Whether the whole body was read."""
        return self._exchange is None

    def close(self) -> None:
        """Give the connection back when the answer was read to its end, else cut it."""
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            self._upstream.finish(exchange)


@dataclass(slots=True)
class _Exchange:
    connection: Connection
    reader: AnswerReader
    sending: "asyncio.Task[None] | None" = None


class Upstream:
    """One server at `http://host:port` or `unix:/path.sock` and our connections to it."""

    def __init__(
        self,
        url: str,
        *,
        connections: int = 64,
        max_waiting: int = 256,
        keep_idle: float = 4.0,
        timeouts: Timeouts | None = None,
    ) -> None:
        """`keep_idle` stays below the 5 s after which uvicorn closes an idle connection."""
        self.url = url
        self.address = Address.parse(url)
        self.pool = Pool(self.address, connections, max_waiting, keep_idle)
        self._timeouts = timeouts or Timeouts()

    async def send(
        self,
        method: bytes,
        target: bytes,
        headers: Headers,
        body: bytes | Streamed = b"",
        *,
        timeouts: Timeouts | None = None,
    ) -> Answer:
        """Send a request and wait for the answer's head; header names are in lower case."""
        patience = timeouts or self._timeouts
        length = body.length if isinstance(body, Streamed) else len(body)
        head = request_head(method, target, headers, self.address.authority, length)
        may_repeat = body == b"" and method in _REPLAYABLE
        # Whoever sends a key says himself that a second copy has no second effect.
        may_repeat |= isinstance(body, bytes) and any(name == _KEY for name, _ in headers)
        while True:
            connection = await self.pool.acquire(patience.wait, patience.connect)
            kept_alive = connection.used
            try:
                return await self._exchange(connection, head, body, patience, method == b"HEAD")
            except UpstreamLost:
                if not (may_repeat and kept_alive):
                    raise
                # It closed the connection as we wrote; the other idle ones are as old or older.
                self.pool.discard_idle()
                may_repeat = False

    def finish(self, exchange: _Exchange) -> None:
        """End an exchange: its connection serves the next one if nothing is left over on it."""
        sent = exchange.sending is None or exchange.sending.done()
        if exchange.reader.complete and exchange.reader.reusable and sent:
            exchange.connection.end()
            self.pool.release(exchange.connection)
            return
        if exchange.sending is not None:
            exchange.sending.cancel()
        exchange.connection.abort()

    def close(self) -> None:
        """Cut every connection."""
        self.pool.close()

    async def _exchange(
        self,
        connection: Connection,
        head: bytes,
        body: bytes | Streamed,
        patience: Timeouts,
        to_head: bool,
    ) -> Answer:
        whole = head + body if isinstance(body, bytes) else head
        exchange = _Exchange(connection, connection.begin(whole, to_head=to_head))
        if isinstance(body, Streamed):
            exchange.sending = asyncio.create_task(_stream(connection, body, patience))
        else:
            connection.expect(patience.answer)
        try:
            await connection.head(exchange.reader)
        except BaseException:
            exchange.reader.reusable = False
            self.finish(exchange)
            raise
        return Answer(self, exchange, patience.idle)


async def _stream(connection: Connection, body: Streamed, patience: Timeouts) -> None:
    """Send a body while the answer is awaited: the upstream may answer before it has all."""
    try:
        await _send_parts(connection, body, patience.idle)
    except Exception as error:  # noqa: BLE001 - the waiting exchange raises it
        connection.fail(error)
    else:
        connection.expect(patience.answer)


async def _send_parts(connection: Connection, body: Streamed, idle: float) -> None:
    sent = 0
    async for part in body.parts:
        sent += len(part)
        if body.length is not None and sent > body.length:
            break
        if part:
            chunked = body.length is None
            connection.write(b"%x\r\n%b\r\n" % (len(part), part) if chunked else part)
            await connection.drain(idle)
    if body.length is None:
        connection.write(b"0\r\n\r\n")
    elif sent != body.length:
        raise UnsendableRequest(f"the body is not the {body.length} bytes long that it claims")
