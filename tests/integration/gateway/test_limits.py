import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from starlette.types import Receive, Scope, Send

from gateway.limits import ConnectionLimits
from gateway.routes import ROUTES
from tests.support.gateways import Running, Start

pytestmark = pytest.mark.asyncio(loop_scope="module")

SMALL = [replace(route, body_limit=1000) for route in ROUTES]
BASE = "http://localhost:8000"


async def parts(count: int, size: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * size


async def test_a_body_that_says_it_is_too_large_is_refused_at_once(start: Start) -> None:
    running = await start(routes=SMALL)
    answer = await running.raw(
        b"POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999\r\n\r\n", wait=0.5
    )
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"/problems/payload-too-large" in answer


async def test_a_body_that_grows_too_large_is_refused_as_it_comes(start: Start) -> None:
    running = await start(routes=SMALL)
    assert (await running.client.post("/form", content=parts(1, 1000))).json()["length"] == 1000
    answer = await running.client.post("/form", content=parts(4, 400))
    assert answer.status_code == 413


async def test_a_large_body_that_outgrows_the_limit_never_reaches_its_end(start: Start) -> None:
    ended = []

    async def counting(scope: Scope, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect" or not message["more_body"]:
                ended.append(message["type"])
                return

    routes = [replace(route, body_limit=300_000) for route in ROUTES]
    running = await start(upstreams={"portal": counting}, routes=routes)
    answer = await running.client.post("/form", content=parts(10, 100_000))
    assert answer.status_code == 413
    await asyncio.sleep(0.05)
    assert ended == ["http.disconnect"]


async def test_expect_continue_is_answered_when_the_body_is_wanted(running: Running) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    writer.write(
        b"POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    )
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(b"hi")
    assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    writer.close()


@pytest.mark.parametrize(
    "head",
    [
        b"X-Large: " + b"x" * 40_000 + b"\r\n",
        b"".join(b"X-%d: 1\r\n" % number for number in range(200)),
    ],
)
async def test_large_heads_are_refused(running: Running, head: bytes) -> None:
    answer = await running.raw(b"GET / HTTP/1.1\r\nHost: a\r\n" + head + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b"/problems/headers-too-large" in answer


async def test_a_head_without_end_is_cut_off(running: Running) -> None:
    answer = await running.raw(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 200_000)
    assert not answer or answer.startswith(b"HTTP/1.1 431 ")


async def test_trailers_are_no_headers(running: Running) -> None:
    answer = await running.raw(
        b"POST /form HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        b"2\r\nhi\r\n0\r\nX-Kept: 1\r\nContent-Type: x\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"x-kept" not in answer
    assert b'"content-type"' not in answer


async def test_trailers_without_end_are_cut_off(running: Running) -> None:
    trailers = b"".join(b"x-%d: 1\r\n" % number for number in range(20_000))
    answer = await running.raw(
        b"POST /form HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + trailers
    )
    assert not answer.startswith(b"HTTP/1.1 200 ")


async def test_a_slow_head_is_cut_off(start: Start) -> None:
    running = await start(limits=ConnectionLimits(BASE, head_seconds=0.5))
    answer = await running.raw(b"GET / HTTP/1.1\r\nHo", wait=4)
    assert answer.startswith(b"HTTP/1.1 408 ")


async def test_a_slow_body_is_cut_off(start: Start) -> None:
    running = await start(limits=ConnectionLimits(BASE, body_seconds=0.5, body_rate=1e9))
    begin = asyncio.get_running_loop().time()
    await running.raw(b"POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab", wait=10)
    assert asyncio.get_running_loop().time() - begin < 5


async def test_a_connection_that_says_nothing_is_closed(start: Start) -> None:
    running = await start(limits=ConnectionLimits(BASE, idle_seconds=0.5))
    begin = asyncio.get_running_loop().time()
    assert await running.raw(b"", wait=10) == b""
    assert asyncio.get_running_loop().time() - begin < 5


async def test_connections_are_bounded(start: Start) -> None:
    running = await start(max_clients=2)
    held = [await asyncio.open_connection("127.0.0.1", running.port) for _ in range(2)]
    await asyncio.sleep(0.02)
    assert await running.raw(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n") == b""
    for _, writer in held:
        writer.close()


async def test_a_caller_over_the_rate_waits(start: Start) -> None:
    running = await start(rate=1, burst=3)
    answers = [await running.client.get("/") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert answers[-1].json()["type"].endswith("/problems/too-many-requests")


async def test_people_behind_one_client_have_buckets_of_their_own(start: Start) -> None:
    running = await start(rate=1, burst=2)

    async def statuses(person: str) -> list[int]:
        headers = running.bearer("cases", "cases.read", sub=person)
        got = [await running.client.get("/api/cases/v1/x", headers=headers) for _ in range(3)]
        return [answer.status_code for answer in got]

    assert await statuses("psn_a") == [200, 200, 429]
    assert await statuses("psn_b") == [200, 200, 429]


async def test_who_tries_tokens_is_slowed_down(start: Start) -> None:
    running = await start(rate=1, burst=2)
    bad = {"authorization": "Bearer a.b.c"}
    got = [await running.client.get("/api/cases/v1/x", headers=bad) for _ in range(3)]
    assert [answer.status_code for answer in got] == [401, 401, 429]


async def test_one_full_service_does_not_hold_up_the_others(start: Start) -> None:
    async def stuck(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(1.5)

    running = await start(upstreams={"portal": stuck}, connections=2, max_waiting=1, wait=0.1)
    held = [asyncio.create_task(running.client.get("/")) for _ in range(2)]
    await asyncio.sleep(0.05)
    busy = await running.client.get("/")
    assert busy.status_code == 503
    assert busy.headers["retry-after"] == "1"
    assert (await running.client.get("/api/catalogue/v1/items")).status_code == 200
    for task in held:
        task.cancel()
    await asyncio.gather(*held, return_exceptions=True)
