"""A department's webhook receiver on loopback, which behaves as a test wants it to."""

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Reply:
    """What is answered; None as status: the connection is cut without a word."""

    status: int | None = 204
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    wait: float = 0
    promised: int | None = None  # a Content-Length that is not true


@dataclass
class Delivery:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def event(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(self.body)
        return parsed

    @property
    def place(self) -> tuple[str, int]:
        """Subject and sequence."""
        return self.event["subject"], int(self.event["sequence"])


Behaviour = Callable[[Delivery], Reply | Awaitable[Reply]]


def taking(_delivery: Delivery) -> Reply:
    """Takes everything."""
    return Reply()


@dataclass
class Receiver:
    """All that came, and what of it was answered with 2xx, in the order of the answers."""

    behave: Behaviour = taking
    port: int = 0
    came: list[Delivery] = field(default_factory=list)
    taken: list[Delivery] = field(default_factory=list)
    under_way: int = 0
    most_under_way: int = 0
    connections: int = 0
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/events?from=tongban"

    def places(self, subject: str | None = None) -> list[tuple[str, int]]:
        """What was taken, of a subject or of all."""
        return [d.place for d in self.taken if subject in (None, d.place[0])]

    async def until(self, count: int, seconds: float = 60) -> None:
        """Wait until so many deliveries were taken."""
        await self.until_true(lambda: len(self.taken) >= count, seconds)

    async def until_true(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 - what happens, happens on a socket
                await asyncio.sleep(0.01)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        try:
            while (delivery := await _read(reader, number)) is not None:
                if not await self._answer(delivery, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # cancelled at the end of the test: nobody is to hear of it
        finally:
            self.tasks.discard(task)
            writer.transport.abort()

    async def _answer(self, delivery: Delivery, writer: asyncio.StreamWriter) -> bool:
        self.came.append(delivery)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            found = self.behave(delivery)
            reply = found if isinstance(found, Reply) else await found
            await asyncio.sleep(reply.wait)
        finally:
            self.under_way -= 1
        if reply.status is None:
            writer.transport.abort()
            return False
        whole = reply.promised is None or reply.promised == len(reply.body)
        if 200 <= reply.status < 300 and whole:
            self.taken.append(delivery)
        length = len(reply.body) if reply.promised is None else reply.promised
        lines = [f"HTTP/1.1 {reply.status} X", f"Content-Length: {length}"]
        if reply.status == 204:
            lines.pop()
        lines += [f"{name}: {value}" for name, value in reply.headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + reply.body)
        await writer.drain()
        if not whole:
            writer.transport.abort()
        return whole


@asynccontextmanager
async def receiving(behave: Behaviour = taking, port: int = 0) -> AsyncGenerator[Receiver]:
    """A receiver until the block ends."""
    receiver = Receiver(behave)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", port)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        under_way = list(receiver.tasks)
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way)


async def _read(reader: asyncio.StreamReader, connection: int) -> Delivery | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")[:-2]
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Delivery(first.split(" ")[1], headers, body, connection)


def is_signed(secret: str, delivery: Delivery) -> bool:
    """A second opinion on Standard Webhooks: HMAC by its definition (RFC 2104), on SHA-256."""
    key = base64.b64decode(secret.removeprefix("whsec_")).ljust(64, b"\0")
    content = b".".join(
        [
            delivery.headers["webhook-id"].encode(),
            delivery.headers["webhook-timestamp"].encode(),
            delivery.body,
        ]
    )
    inner = hashlib.sha256(bytes(b ^ 0x36 for b in key) + content).digest()
    outer = hashlib.sha256(bytes(b ^ 0x5C for b in key) + inner).digest()
    expected = "v1," + base64.b64encode(outer).decode()
    return expected in delivery.headers["webhook-signature"].split(" ")
