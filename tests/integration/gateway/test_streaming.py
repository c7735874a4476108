import asyncio
import tracemalloc
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from starlette.types import Receive, Scope, Send

from gateway.routes import MEGABYTE, ROUTES
from tests.support.gateways import Start

pytestmark = pytest.mark.asyncio(loop_scope="module")

PART = b"x" * 65_536
PARTS = 50 * MEGABYTE // len(PART)
LARGE = [replace(route, body_limit=64 * MEGABYTE) for route in ROUTES]


async def sending(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(PARTS):
        await send({"type": "http.response.body", "body": PART, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def counting(scope: Scope, receive: Receive, send: Send) -> None:
    length, more = 0, True
    while more:
        message = await receive()
        length += len(message["body"])
        more = message["more_body"]
    body = b"%d" % length
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


class Peak:
    """The most memory that Python held in the block, in megabytes."""

    def __enter__(self) -> "Peak":
        tracemalloc.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.megabytes = tracemalloc.get_traced_memory()[1] / MEGABYTE
        tracemalloc.stop()


async def test_fifty_megabytes_come_down_in_little_memory(start: Start) -> None:
    running = await start(upstreams={"portal": sending})
    size = 0
    with Peak() as peak:
        async with running.client.stream("GET", "/file") as answer:
            async for part in answer.aiter_raw():
                size += len(part)
    assert size == PARTS * len(PART)
    assert peak.megabytes < 10


@pytest.mark.parametrize("sized", [True, False])
async def test_fifty_megabytes_go_up_in_little_memory(start: Start, sized: bool) -> None:
    running = await start(upstreams={"portal": counting}, routes=LARGE)

    async def body() -> AsyncIterator[bytes]:
        for _ in range(PARTS):
            yield PART

    size = PARTS * len(PART)
    headers = {"content-length": str(size)} if sized else {}
    with Peak() as peak:
        answer = await running.client.post("/file", content=body(), headers=headers)
    assert answer.text == str(size)
    assert peak.megabytes < 10


async def test_a_slow_reader_slows_the_service_down(start: Start) -> None:
    sent = 0

    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal sent
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(2000):
            await send({"type": "http.response.body", "body": PART, "more_body": True})
            sent += 1

    running = await start(upstreams={"portal": endless})
    _, writer = await asyncio.open_connection("127.0.0.1", running.port, limit=1024)
    writer.write(b"GET /file HTTP/1.1\r\nHost: a\r\n\r\n")
    await asyncio.sleep(0.5)
    held = sent
    await asyncio.sleep(0.3)
    assert sent == held < 1000
    writer.transport.abort()


async def test_parts_arrive_as_they_are_sent(start: Start) -> None:
    more = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        await more.wait()
        await send({"type": "http.response.body", "body": b"two"})

    running = await start(upstreams={"portal": app})
    async with running.client.stream("GET", "/") as answer:
        parts = answer.aiter_raw()
        assert await anext(parts) == b"one"
        more.set()
        assert await anext(parts) == b"two"


@pytest.mark.parametrize("begun", [False, True])
async def test_a_caller_who_hangs_up_cancels_the_work(start: Start, begun: bool) -> None:
    noticed = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        if begun:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
        if (await receive())["type"] == "http.disconnect":
            noticed.set()

    running = await start(upstreams={"portal": app})
    _, writer = await asyncio.open_connection("127.0.0.1", running.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    await asyncio.sleep(0.1)
    writer.close()
    async with asyncio.timeout(2):
        await noticed.wait()


async def test_a_caller_who_hangs_up_in_his_body_cancels_the_work(start: Start) -> None:
    noticed = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        noticed.set()

    running = await start(upstreams={"portal": app})
    _, writer = await asyncio.open_connection("127.0.0.1", running.port)
    writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n" + PART)
    await asyncio.sleep(0.2)
    writer.close()
    async with asyncio.timeout(2):
        await noticed.wait()


async def test_a_small_slow_body_troubles_no_service_before_it_is_whole(start: Start) -> None:
    asked = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        asked.set()
        await counting(scope, receive, send)

    running = await start(upstreams={"portal": app})
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab")
    await asyncio.sleep(0.1)
    assert not asked.is_set()
    writer.write(b"cd")
    assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    writer.close()
