"""Requests that two readers may cut in different places (OWASP ASVS 5, 4.2.1)."""

import pytest

from tests.support.gateways import Running, Start

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOST = b"Host: a\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

AMBIGUOUS = {
    "length and chunked": HOST
    + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked and length": HOST
    + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": HOST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "the same length twice": HOST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "a list of lengths": HOST + b"Content-Length: 5, 5\r\n\r\nhello",
    "a signed length": HOST + b"Content-Length: +5\r\n\r\nhello",
    "a negative length": HOST + b"Content-Length: -5\r\n\r\nhello",
    "a hexadecimal length": HOST + b"Content-Length: 0x5\r\n\r\nhello",
    "an empty length": HOST + b"Content-Length: \r\n\r\nhello",
    "a huge length": HOST + b"Content-Length: 99999999999999999999999\r\n\r\nhello",
    "two codings": HOST
    + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "gzip, chunked": HOST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunked, identity": HOST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "identity": HOST + b"Transfer-Encoding: identity\r\n\r\nhello",
    "xchunked": HOST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a space before the colon": HOST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "a tab before the colon": HOST + b"Content-Length\t: 5\r\n\r\nhello",
    "a folded header": HOST + b"X-A: b\r\n c\r\n\r\n",
    "a folded coding": HOST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "a leading space": b" " + HOST + b"\r\n",
    "a bare line feed": b"Host: a\nX-A: b\r\n\r\n",
    "a bare carriage return": HOST + b"X-A: b\rX-B: c\r\n\r\n",
    "a null": HOST + b"X-A: b\0c\r\n\r\n",
    "a header without colon": HOST + b"X-A\r\n\r\n",
    "a header without name": HOST + b": b\r\n\r\n",
    "two hosts": HOST + b"Host: b\r\n\r\n",
    "no host": b"X-A: b\r\n\r\n",
    "a chunk size that is none": HOST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhi\r\n0\r\n\r\n",
    "a signed chunk size": HOST + b"Transfer-Encoding: chunked\r\n\r\n+2\r\nhi\r\n0\r\n\r\n",
    "a prefixed chunk size": HOST + b"Transfer-Encoding: chunked\r\n\r\n0x2\r\nhi\r\n0\r\n\r\n",
    "a huge chunk size": HOST + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 20 + b"\r\nhi",
    "a chunk that runs over": HOST + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhixx\r\n0\r\n\r\n",
    "a chunk ended by a line feed": HOST + b"Transfer-Encoding: chunked\r\n\r\n2\nhi\n0\n\n",
}


@pytest.mark.parametrize("name", AMBIGUOUS)
async def test_an_ambiguous_request_is_refused_and_nothing_after_it_is_read(
    running: Running, name: str
) -> None:
    request = b"POST /first HTTP/1.1\r\n" + AMBIGUOUS[name]
    answer = await running.raw(request + SMUGGLED, wait=1)
    assert answer.startswith(b"HTTP/1.1 400 "), answer[:300]
    assert b"application/problem+json" in answer
    assert b"/smuggled" not in answer


@pytest.mark.parametrize(
    "line", [b"GET / HTTP/2.0", b"GET /", b"G(T / HTTP/1.1", b"GET / HTTP/1.1 x"]
)
async def test_a_broken_request_line_is_refused(running: Running, line: bytes) -> None:
    answer = await running.raw(line + b"\r\n" + HOST + b"\r\n", wait=1)
    assert answer.startswith(b"HTTP/1.1 400 ")


async def test_requests_that_arrive_together_are_answered_in_order(running: Running) -> None:
    first = b"POST /first HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
    last = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    answer = await running.raw(first + SMUGGLED + last)
    assert answer.count(b"HTTP/1.1 200 OK") == 3
    places = [answer.index(path) for path in (b'"/first"', b'"/smuggled"', b'"/last"')]
    assert places == sorted(places)


async def test_a_broken_request_behind_a_good_one_gets_no_answer_of_its_own(start: Start) -> None:
    running = await start()
    answer = await running.raw(SMUGGLED + b"GET / HTTP/1.1\r\nX : y\r\n\r\n", wait=1)
    assert answer.count(b"HTTP/1.1") <= 1
