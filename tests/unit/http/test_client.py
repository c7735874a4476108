import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from pathlib import Path

import httpx
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.http import Breaker, BreakerOpen, client
from shared.telemetry.context import Work, current
from tests.support.upstreams import Serve

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"
AWAY = b"HTTP/1.1 503 Away\r\ncontent-length: 0\r\n\r\n"

Calling = Callable[..., Awaitable[httpx.AsyncClient]]


class Script:
    """A server that gives one answer after the other; None hangs up without one."""

    def __init__(self, *answers: bytes | None) -> None:
        self.answers = list(answers)
        self.heads: list[bytes] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            self.heads.append(await reader.readuntil(b"\r\n\r\n"))
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if answer is None:
                return
            writer.write(answer)


@pytest.fixture
async def calling(serve: Serve) -> AsyncIterator[Calling]:
    clients: list[httpx.AsyncClient] = []

    async def make(script: Script, **options: object) -> httpx.AsyncClient:
        upstream = await serve(script)
        clients.append(client(upstream.url, **options))  # type: ignore[arg-type]
        return clients[-1]

    yield make
    for one in clients:
        await one.aclose()


async def test_a_call_goes_over_the_socket_and_back(calling: Calling) -> None:
    script = Script(
        b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 8\r\n\r\n{"a": 1}'
    )
    calls = await calling(script)
    answer = await calls.post("/v1/x", params={"q": "出生"}, json={"b": 2})
    assert answer.json() == {"a": 1}
    assert script.heads[0].startswith(
        b"POST /v1/x?q=%E5%87%BA%E7%94%9F HTTP/1.1\r\nhost: localhost\r\n"
    )


async def test_answers_stream(calling: Calling) -> None:
    calls = await calling(Script(OK))
    async with calls.stream("GET", "/") as answer:
        assert [part async for part in answer.aiter_bytes()] == [b"hi"]


async def test_redirects_are_not_followed(calling: Calling) -> None:
    moved = b"HTTP/1.1 302 Found\r\nlocation: http://10.0.0.1/\r\ncontent-length: 0\r\n\r\n"
    assert (await (await calling(Script(moved))).get("/")).status_code == 302


async def test_a_client_reaches_its_upstream_only(calling: Calling) -> None:
    calls = await calling(Script(OK))
    with pytest.raises(httpx.UnsupportedProtocol, match="speaks to"):
        await calls.get("http://169.254.169.254/latest/meta-data")


async def test_what_may_be_repeated_is_tried_again(calling: Calling) -> None:
    script = Script(None, AWAY, OK)
    calls = await calling(script)
    assert (await calls.get("/")).text == "hi"
    assert len(script.heads) == 3


async def test_retries_are_bounded(calling: Calling) -> None:
    script = Script(AWAY)
    assert (await (await calling(script, retries=2)).get("/")).status_code == 503
    assert len(script.heads) == 3


async def test_a_post_is_repeated_only_with_an_idempotency_key(calling: Calling) -> None:
    script = Script(AWAY, OK)
    calls = await calling(script)
    assert (await calls.post("/", json={})).status_code == 503
    script.answers.insert(0, AWAY)
    key = {"Idempotency-Key": "k"}
    assert (await calls.post("/", json={}, headers=key)).status_code == 200


async def test_an_answer_that_asks_for_a_long_wait_is_handed_on(calling: Calling) -> None:
    script = Script(AWAY.replace(b"content", b"retry-after: 30\r\ncontent"))
    assert (await (await calling(script)).get("/")).headers["retry-after"] == "30"
    assert len(script.heads) == 1


async def test_a_timeout_is_not_tried_again(calling: Calling) -> None:
    script = Script(b"")
    calls = await calling(script, timeout=0.05)
    with pytest.raises(httpx.ReadTimeout):
        await calls.get("/")
    assert len(script.heads) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [(None, httpx.ReadError), (b"nonsense\r\n\r\n", httpx.RemoteProtocolError)],
)
async def test_faults_come_as_the_errors_that_httpx_users_know(
    calling: Calling, answer: bytes | None, error: type[httpx.TransportError]
) -> None:
    with pytest.raises(error):
        await (await calling(Script(answer), retries=0)).get("/")


async def test_nobody_there_is_a_connect_error(tmp_path: Path) -> None:
    async with client(f"unix:{tmp_path}/none.sock", retries=1) as calls:
        with pytest.raises(httpx.ConnectError):
            await calls.get("/")


async def test_an_upstream_that_keeps_failing_is_left_alone(calling: Calling) -> None:
    script = Script(None)
    calls = await calling(script, retries=0, breaker=Breaker(failures=2))
    for _ in range(2):
        with pytest.raises(httpx.ReadError):
            await calls.get("/")
    with pytest.raises(BreakerOpen):
        await calls.get("/")
    assert len(script.heads) == 2


async def test_an_upstream_that_answers_503_is_still_asked(calling: Calling) -> None:
    script = Script(AWAY)
    calls = await calling(script, retries=0, breaker=Breaker(failures=2))
    assert [(await calls.get("/")).status_code for _ in range(4)] == [503] * 4


async def test_the_token_goes_with_every_call(calling: Calling) -> None:
    class Token(httpx.Auth):
        def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
            request.headers["authorization"] = "Bearer t"
            yield request

    script = Script(OK)
    await (await calling(script, tokens=Token())).get("/")
    assert b"authorization: Bearer t\r\n" in script.heads[0]


async def test_the_trace_goes_on_and_a_sampled_call_is_a_span(calling: Calling) -> None:
    spans = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(spans))
    script = Script(OK)
    calls = await calling(script, tracer_provider=provider)
    with provider.get_tracer("test").start_as_current_span("command") as command:
        await calls.get("/")
    call = next(span for span in spans.get_finished_spans() if span.name != "command")
    assert call.parent is not None
    assert call.parent.span_id == command.get_span_context().span_id
    ids = call.get_span_context()
    assert ids is not None
    assert f"traceparent: 00-{ids.trace_id:032x}-{ids.span_id:016x}" in script.heads[0].decode()


async def test_an_unsampled_trace_goes_on_without_a_span(calling: Calling) -> None:
    context = trace.SpanContext(1 << 100, 7, is_remote=True)
    script = Script(OK)
    calls = await calling(script, tracer_provider=TracerProvider(shutdown_on_exit=False))
    with trace.use_span(trace.NonRecordingSpan(context)):
        await calls.get("/")
    assert f"traceparent: 00-{1 << 100:032x}-{7:016x}-00" in script.heads[0].decode()


async def test_many_calls_at_once_share_few_connections(calling: Calling) -> None:
    script = Script(OK)
    calls = await calling(script, connections=8)
    answers = await asyncio.gather(*(calls.get("/") for _ in range(64)))
    assert [answer.text for answer in answers] == ["hi"] * 64


async def test_https_takes_the_transport_of_httpx() -> None:
    async with client("https://localhost:9", retries=0) as calls:
        with pytest.raises(httpx.ConnectError):
            await calls.get("/")


@pytest.fixture
def about_a_case() -> Iterator[None]:
    working = current.set(Work("cases", given={"case_number": "9" * 30}))
    with trace.use_span(trace.NonRecordingSpan(trace.SpanContext(1 << 100, 7, is_remote=True))):
        yield
    current.reset(working)


@pytest.mark.usefixtures("about_a_case")
async def test_a_service_of_ours_is_told_which_case_it_is_about(calling: Calling) -> None:
    script = Script(OK)
    await (await calling(script, inside=True)).get("/")
    assert f"baggage: tongban.case_number={'9' * 30}\r\n".encode() in script.heads[0]


@pytest.mark.usefixtures("about_a_case")
async def test_others_get_the_trace_and_no_baggage(calling: Calling) -> None:
    script = Script(OK)
    await (await calling(script)).get("/", headers={"baggage": "put=here by mistake"})
    assert b"traceparent: " in script.heads[0]
    assert b"baggage" not in script.heads[0].lower()
