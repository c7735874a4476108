import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.http.errors import (
    AnswerTimedOut,
    BadUpstreamAnswer,
    UnsendableRequest,
    UpstreamBusy,
    UpstreamDown,
    UpstreamLost,
)
from shared.http.wire import Streamed, Timeouts, Upstream
from tests.support.upstreams import Saying, Serve

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"


async def test_an_answer_has_status_headers_and_body(serve: Serve, saying: Saying) -> None:
    upstream = await serve(
        saying(b"HTTP/1.1 201 Created\r\nX-Kind: a\r\ncontent-length: 2\r\n\r\nhi")
    )
    answer = await upstream.send(b"GET", b"/x?y=1", [])
    assert (answer.status, answer.headers) == (201, [(b"x-kind", b"a"), (b"content-length", b"2")])
    assert await answer.read(10) == b"hi"
    assert answer.ended


async def test_the_request_is_framed_by_us_and_keeps_its_headers(serve: Serve) -> None:
    seen = bytearray()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.extend(await reader.readuntil(b"body"))
        writer.write(OK)

    upstream = await serve(talk)
    await upstream.send(
        b"POST",
        b"/p",
        [
            (b"host", b"city.example"),
            (b"content-length", b"99"),
            (b"connection", b"close, X-Secret"),
            (b"x-secret", b"1"),
            (b"x-kept", b"2"),
        ],
        b"body",
    )
    assert bytes(seen) == (
        b"POST /p HTTP/1.1\r\nhost: city.example\r\nx-kept: 2\r\ncontent-length: 4\r\n\r\nbody"
    )


async def test_a_connection_is_used_again(serve: Serve, saying: Saying) -> None:
    upstream = await serve(saying(OK, keep=True))
    for _ in range(3):
        assert await (await upstream.send(b"GET", b"/", [])).read(10) == b"hi"
    assert len(upstream.pool._all) == 1


async def test_a_connection_with_an_unread_rest_is_not_used_again(
    serve: Serve, saying: Saying
) -> None:
    upstream = await serve(saying(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhi", pause=1))
    answer = await upstream.send(b"GET", b"/", [])
    assert await answer.part() == b"hi"
    answer.close()
    await asyncio.sleep(0.01)
    assert upstream.pool.busy == 0
    assert not upstream.pool._all


async def test_an_answer_to_head_has_no_body_and_its_connection_goes_on(
    serve: Serve, saying: Saying
) -> None:
    upstream = await serve(saying(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n", keep=True))
    for _ in range(2):
        answer = await upstream.send(b"HEAD", b"/", [])
        assert dict(answer.headers)[b"content-length"] == b"500"
        assert await answer.part() == b""
    assert len(upstream.pool._all) == 1


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
async def test_an_answer_without_body_ends_at_its_headers(
    serve: Serve, saying: Saying, status: bytes
) -> None:
    upstream = await serve(saying(b"HTTP/1.1 " + status + b"\r\n\r\n", keep=True))
    for _ in range(2):
        assert await (await upstream.send(b"GET", b"/", [])).read(0) == b""
    assert len(upstream.pool._all) == 1


async def test_interim_answers_are_passed_over(serve: Serve, saying: Saying) -> None:
    upstream = await serve(saying(b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + OK))
    answer = await upstream.send(b"GET", b"/", [])
    assert (answer.status, len(answer.headers)) == (200, 1)


async def test_chunks_come_as_they_are_sent_and_trailers_are_dropped(
    serve: Serve, saying: Saying
) -> None:
    upstream = await serve(
        saying(
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n",
            b"1\r\nc\r\n",
            b"0\r\nx-forged: 1\r\n\r\n",
            pause=0.02,
        )
    )
    answer = await upstream.send(b"GET", b"/", [])
    assert [part async for part in answer.parts()] == [b"ab", b"c"]
    assert answer.headers == []


async def test_a_body_without_length_ends_with_the_connection(serve: Serve, saying: Saying) -> None:
    upstream = await serve(saying(b"HTTP/1.1 200 OK\r\n\r\n", b"all", b" of it"))
    assert await (await upstream.send(b"GET", b"/", [])).read(99) == b"all of it"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\ncontent-length: +2\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: a\r\n folded\r\ncontent-length: 2\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\nx y: a\r\ncontent-length: 2\r\n\r\nhi",
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
        b"HTTP/1.1 799 Odd\r\ncontent-length: 2\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\nx: " + b"a" * 70_000,
        b"HTTP/1.1 200",
        b"not http at all\r\n\r\n",
    ],
)
async def test_an_answer_that_can_be_read_in_two_ways_is_refused(
    serve: Serve, saying: Saying, answer: bytes
) -> None:
    upstream = await serve(saying(answer))
    with pytest.raises(BadUpstreamAnswer):
        await upstream.send(b"GET", b"/", [])
    await asyncio.sleep(0.01)
    assert not upstream.pool._all


@pytest.mark.parametrize(
    "broken",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n",
    ],
)
async def test_a_body_that_breaks_off_is_an_error_not_an_end(
    serve: Serve, saying: Saying, broken: bytes
) -> None:
    upstream = await serve(saying(broken))
    answer = await upstream.send(b"GET", b"/", [])
    assert await answer.part() == b"hi"
    with pytest.raises(BadUpstreamAnswer):
        await answer.part()


async def test_a_second_answer_to_one_request_reaches_nobody(serve: Serve, saying: Saying) -> None:
    upstream = await serve(saying(OK + OK, pause=1))
    assert await (await upstream.send(b"GET", b"/", [])).read(10) == b"hi"
    await asyncio.sleep(0.01)
    assert not upstream.pool._all


@pytest.mark.parametrize(
    ("method", "target", "header"),
    [
        (b"GET", b"/a b", (b"x", b"y")),
        (b"GET", b"/a\r\nhost: b", (b"x", b"y")),
        (b"GET /", b"/", (b"x", b"y")),
        (b"GET", b"/", (b"x", b"y\r\nz: 1")),
        (b"GET", b"/", (b"x", b"y\nz: 1")),
        (b"GET", b"/", (b"x", b"y\0")),
        (b"GET", b"/", (b"x y", b"1")),
        (b"GET", b"/", (b"x\n", b"1")),
        (b"GET", b"/", (b"transfer-encoding ", b"chunked")),
        (b"GET", b"/", (b"", b"1")),
    ],
)
async def test_nothing_can_be_smuggled_into_a_request(
    serve: Serve, saying: Saying, method: bytes, target: bytes, header: tuple[bytes, bytes]
) -> None:
    upstream = await serve(saying(OK))
    with pytest.raises(UnsendableRequest):
        await upstream.send(method, target, [header])


async def _parts(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def test_a_body_of_unknown_length_goes_out_in_chunks(serve: Serve) -> None:
    seen = bytearray()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.extend(await reader.readuntil(b"0\r\n\r\n"))
        writer.write(OK)

    upstream = await serve(talk)
    await upstream.send(b"PUT", b"/", [], Streamed(_parts(b"one", b"", b"two")))
    assert seen.endswith(b"transfer-encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")


@pytest.mark.parametrize("length", [3, 9])
async def test_a_body_of_another_length_than_it_claims_is_never_completed(
    serve: Serve, length: int
) -> None:
    got_all = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(length)
        got_all.set()

    upstream = await serve(talk)
    with pytest.raises(UnsendableRequest):
        await upstream.send(b"PUT", b"/", [], Streamed(_parts(b"four"), length))
    await asyncio.sleep(0.02)
    assert not got_all.is_set()


async def test_an_early_answer_stops_the_upload(serve: Serve, saying: Saying) -> None:
    produced = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal produced
        while True:
            produced += 1
            yield b"x" * 1000
            await asyncio.sleep(0.005)

    refusal = b"HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno"
    upstream = await serve(saying(refusal, pause=0.5))
    answer = await upstream.send(b"POST", b"/", [], Streamed(endless()))
    assert (answer.status, await answer.read(9)) == (413, b"no")
    count = produced
    await asyncio.sleep(0.03)
    assert produced == count
    assert not upstream.pool._all


async def test_an_upload_waits_for_a_slow_reader(serve: Serve) -> None:
    produced = 0

    async def many() -> AsyncIterator[bytes]:
        nonlocal produced
        for _ in range(1000):
            produced += 1
            yield b"x" * 65536

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(10)

    upstream = await serve(talk)
    with pytest.raises(AnswerTimedOut, match="took nothing"):
        await upstream.send(b"POST", b"/", [], Streamed(many()))
    assert produced < 50


async def test_a_download_waits_for_a_slow_reader(serve: Serve) -> None:
    sent = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()
            sent += 65536

    upstream = await serve(talk)
    answer = await upstream.send(b"GET", b"/", [])
    await asyncio.sleep(0.1)
    held = sent
    await asyncio.sleep(0.1)
    assert sent == held < 5_000_000
    assert len(await answer.part()) > 200_000
    await asyncio.sleep(0.1)
    assert sent > held
    answer.close()


async def test_no_server_is_down(tmp_path: Path) -> None:
    upstream = Upstream(f"unix:{tmp_path}/nobody.sock")
    with pytest.raises(UpstreamDown):
        await upstream.send(b"GET", b"/", [])
    assert upstream.pool.busy == 0


async def test_no_answer_in_time_is_a_timeout(serve: Serve, saying: Saying) -> None:
    upstream = await serve(saying(b"", pause=5))
    with pytest.raises(AnswerTimedOut):
        await upstream.send(b"GET", b"/", [])


async def test_the_patience_is_that_of_each_request(serve: Serve, saying: Saying) -> None:
    upstream = await serve(saying(OK, keep=True))
    await (await upstream.send(b"GET", b"/", [], timeouts=Timeouts(answer=60))).read(9)

    silent = await serve(saying(b"", pause=5))
    begin = asyncio.get_running_loop().time()
    with pytest.raises(AnswerTimedOut):
        await silent.send(b"GET", b"/", [], timeouts=Timeouts(answer=0.05))
    assert asyncio.get_running_loop().time() - begin < 1


async def test_an_answer_that_stops_in_the_middle_is_a_timeout(serve: Serve) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhi")
        await asyncio.sleep(5)

    upstream = await serve(talk)
    answer = await upstream.send(b"GET", b"/", [])
    assert await answer.part() == b"hi"
    with pytest.raises(AnswerTimedOut):
        await answer.part()


async def test_a_cancelled_caller_cuts_the_connection(serve: Serve) -> None:
    closed = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await reader.read()
        closed.set()

    upstream = await serve(talk)
    call = asyncio.create_task(upstream.send(b"GET", b"/", [], timeouts=Timeouts()))
    await asyncio.sleep(0.02)
    call.cancel()
    async with asyncio.timeout(1):
        await closed.wait()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert upstream.pool.busy == 0


class _ClosingAfter:
    """A server that drops a kept-alive connection as soon as its second request comes."""

    def __init__(self) -> None:
        self.requests = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.requests += 1
        writer.write(OK)
        await reader.readuntil(b"\r\n\r\n")
        self.requests += 1


async def test_a_stale_connection_is_replaced_once_for_what_may_be_repeated(serve: Serve) -> None:
    server = _ClosingAfter()
    upstream = await serve(server)
    for _ in range(2):
        assert await (await upstream.send(b"GET", b"/", [])).read(9) == b"hi"
    assert server.requests == 3


async def test_a_post_with_a_key_is_sent_again_over_a_new_connection(serve: Serve) -> None:
    server = _ClosingAfter()
    upstream = await serve(server)
    for _ in range(2):
        answer = await upstream.send(b"POST", b"/", [(b"idempotency-key", b"k")], b"")
        assert await answer.read(9) == b"hi"
    assert server.requests == 3


async def test_a_post_without_a_key_is_never_sent_twice(serve: Serve) -> None:
    server = _ClosingAfter()
    upstream = await serve(server)
    await (await upstream.send(b"POST", b"/", [], b"a")).read(9)
    with pytest.raises(UpstreamLost):
        await upstream.send(b"POST", b"/", [])
    assert server.requests == 2


async def test_a_server_that_never_answers_is_not_asked_again(serve: Serve) -> None:
    calls = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        await reader.readuntil(b"\r\n\r\n")

    upstream = await serve(talk)
    with pytest.raises(UpstreamLost):
        await upstream.send(b"GET", b"/", [])
    assert calls == 1


async def test_more_calls_than_connections_wait_their_turn(serve: Serve) -> None:
    at_once = most = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal at_once, most
        while True:
            await reader.readuntil(b"\r\n\r\n")
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0.005)
            at_once -= 1
            writer.write(OK)

    upstream = await serve(talk, connections=4, timeouts=Timeouts())

    async def call() -> bytes:
        return await (await upstream.send(b"GET", b"/", [])).read(9)

    assert await asyncio.gather(*(call() for _ in range(40))) == [b"hi"] * 40
    assert most == 4
    assert (upstream.pool.busy, upstream.pool.waiting) == (0, 0)


async def test_the_wait_for_a_connection_is_bounded(serve: Serve, saying: Saying) -> None:
    upstream = await serve(saying(b"", pause=5), connections=1, timeouts=Timeouts(wait=0.05))
    first = asyncio.create_task(upstream.send(b"GET", b"/", []))
    await asyncio.sleep(0.02)
    with pytest.raises(UpstreamBusy, match=r"within 0\.05 s"):
        await upstream.send(b"GET", b"/", [])
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)


async def test_the_queue_for_a_connection_is_bounded(serve: Serve, saying: Saying) -> None:
    upstream = await serve(saying(b"", pause=5), connections=1, max_waiting=1, timeouts=Timeouts())
    calls = [asyncio.create_task(upstream.send(b"GET", b"/", [])) for _ in range(2)]
    await asyncio.sleep(0.02)
    with pytest.raises(UpstreamBusy, match="1 callers wait"):
        await upstream.send(b"GET", b"/", [])
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    await asyncio.sleep(0.01)
    assert upstream.pool.busy == 0


async def test_waiters_that_go_away_leave_no_slot_behind(serve: Serve, saying: Saying) -> None:
    upstream = await serve(saying(OK, pause=0.005, keep=True), connections=2, timeouts=Timeouts())

    async def call() -> None:
        await (await upstream.send(b"GET", b"/", [])).read(9)

    calls = [asyncio.create_task(call()) for _ in range(60)]
    for index, task in enumerate(calls):
        if index % 3 == 0:
            task.cancel()
        if index % 7 == 0:
            await asyncio.sleep(0.004)
    await asyncio.gather(*calls, return_exceptions=True)
    await asyncio.sleep(0.02)
    assert (upstream.pool.busy, upstream.pool.waiting) == (0, 0)
    await call()


async def test_an_idle_connection_is_closed_in_time(serve: Serve, saying: Saying) -> None:
    upstream = await serve(saying(OK, keep=True), keep_idle=0.05)
    await (await upstream.send(b"GET", b"/", [])).read(9)
    assert len(upstream.pool._all) == 1
    await asyncio.sleep(0.1)
    assert not upstream.pool._all


@pytest.mark.parametrize(
    "url",
    ["ftp://a", "http://", "unix:relative.sock", "unix://host/a", "http://u:p@h", "http://h/path"],
)
def test_a_wrong_address_is_refused_with_what_it_should_be(url: str) -> None:
    with pytest.raises(ValueError, match="must"):
        Upstream(url)
