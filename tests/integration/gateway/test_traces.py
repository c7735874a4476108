"""At the border a trace begins anew: outsiders neither decide what is recorded nor add to it."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import TraceFlags
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.support.gateways import Running, Stack, Start, echo, launch

pytestmark = pytest.mark.asyncio(loop_scope="module")

THEIRS, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SAMPLED = {"traceparent": f"00-{THEIRS}-{SPAN}-01"}
NUMBER = "990102000000" + "20261123" + "001" + "000042" + "K"
CASE = f"/api/cases/v1/cases/{NUMBER}"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def recording(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """A gateway that records every request."""
    stack = Stack(tmp_path_factory.mktemp("recording"))
    yield await launch(stack, exporter=InMemorySpanExporter(), sample=1)
    await stack.close()


async def recorded(running: Running) -> list[ReadableSpan]:
    """The spans since the last look."""
    await running.telemetry.flush()
    exporter = running.telemetry._tracing._processor._exporter  # type: ignore[union-attr]
    assert isinstance(exporter, InMemorySpanExporter)
    spans = list(exporter.get_finished_spans())
    exporter.clear()
    return spans


async def reached(
    running: Running, headers: dict[str, str], path: str = "/", scope: str = "cases.read"
) -> dict[str, str]:
    """The headers that a service saw."""
    bearer = running.bearer("cases", scope)
    answer = await running.client.get(path, headers={**bearer, **headers})
    return dict(answer.json()["headers"])


def trace_of(seen: dict[str, str]) -> tuple[str, bool]:
    """The trace that a service was told, and whether it is recorded."""
    _, trace, _, flags = seen["traceparent"].split("-")
    return trace, bool(int(flags, 16) & TraceFlags.SAMPLED)


async def test_an_outsiders_trace_is_linked_and_not_continued(recording: Running) -> None:
    await recorded(recording)
    seen = await reached(recording, SAMPLED)
    (server,) = await recorded(recording)
    assert server.context is not None
    assert (f"{server.context.trace_id:032x}", True) == trace_of(seen)
    assert trace_of(seen)[0] != THEIRS
    assert server.parent is None
    assert [f"{link.context.trace_id:032x}" for link in server.links] == [THEIRS]


async def test_an_outsiders_flag_does_not_make_us_record(start: Start) -> None:
    running = await start(exporter=InMemorySpanExporter(), sample=0)
    seen = [await reached(running, SAMPLED) for _ in range(20)]
    assert {trace_of(one)[1] for one in seen} == {False}
    assert await recorded(running) == []


async def test_an_outsiders_flag_does_not_keep_us_from_recording(recording: Running) -> None:
    seen = await reached(recording, {"traceparent": f"00-{THEIRS}-{SPAN}-00"})
    assert trace_of(seen)[1]


async def test_a_failure_is_linked_to_the_outsiders_trace_too(start: Start) -> None:
    running = await start(upstreams={"portal": None}, exporter=InMemorySpanExporter(), sample=0)
    answer = await running.client.get("/", headers=SAMPLED)
    (server,) = await recorded(running)
    assert answer.status_code == 503
    assert server.attributes is not None
    assert server.attributes["sampled_late"] is True
    assert [f"{link.context.trace_id:032x}" for link in server.links] == [THEIRS]


@pytest.mark.parametrize(
    "baggage",
    ["user=x", f"tongban.case_number={NUMBER[::-1]}", "tongban.item_code=EVIL", "," * 9000],
)
async def test_an_outsiders_baggage_and_tracestate_end_here(
    recording: Running, baggage: str
) -> None:
    await recorded(recording)
    seen = await reached(recording, {**SAMPLED, "baggage": baggage, "tracestate": "a=evil"})
    assert not {"baggage", "tracestate"} & set(seen)
    assert "evil" not in "".join(span.to_json() for span in await recorded(recording)).lower()


@pytest.mark.parametrize("path", [CASE, f"{CASE}/accept", f"{CASE}-01/history"])
async def test_the_case_of_the_path_goes_along_as_baggage(recording: Running, path: str) -> None:
    await recorded(recording)
    number = path.split("/")[5]
    seen = await reached(recording, {"baggage": "tongban.case_number=1"}, path)
    (server,) = await recorded(recording)
    assert seen["baggage"] == f"tongban.case_number={number}"
    assert server.attributes is not None
    assert server.attributes["tongban.case_number"] == number


@pytest.mark.parametrize(
    "path", ["/api/cases/v1/cases", "/api/cases/v1/cases/11010519491231002X", f"{CASE}ABC"]
)
async def test_only_a_case_number_is_taken_from_a_path(recording: Running, path: str) -> None:
    assert "baggage" not in await reached(recording, {}, path)


def asking_again(again: list[dict[str, str]], port: list[int]) -> ASGIApp:
    """A portal that asks the gateway for a case while it serves a page."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        trace = headers["traceparent"].split("-")[1]
        told = {
            "traceparent": f"00-{trace}-{SPAN}-00",  # as if it had not been recorded
            "baggage": f"tongban.case_number={NUMBER[::-1]}",
            "authorization": headers["x-bearer"],
        }
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port[0]}") as client:
            again.append(dict((await client.get(CASE, headers=told)).json()["headers"]))
        await echo("portal")(scope, receive, send)

    return app


async def test_what_a_page_asks_for_through_us_stays_in_its_trace(tmp_path: Path) -> None:
    again: list[dict[str, str]] = []
    port: list[int] = []
    stack = Stack(tmp_path)
    portal = asking_again(again, port)
    running = await launch(
        stack, upstreams={"portal": portal}, exporter=InMemorySpanExporter(), sample=1
    )
    port.append(running.port)
    bearer = running.bearer("cases", "cases.read")["authorization"]
    page = await running.client.get("/me", headers={"X-Bearer": bearer})
    inner, outer = await recorded(running)
    await stack.close()
    first = trace_of(dict(page.json()["headers"]))
    assert outer.context is not None
    assert trace_of(again[0]) == first == (f"{outer.context.trace_id:032x}", True)
    assert inner.context is not None
    assert inner.context.trace_id == outer.context.trace_id
    assert inner.parent is not None
    assert f"{inner.parent.span_id:016x}" == SPAN
    assert again[0]["baggage"] == f"tongban.case_number={NUMBER}"


async def test_a_trace_that_has_ended_is_an_outsiders(recording: Running) -> None:
    trace, _ = trace_of(await reached(recording, {}))
    later = await reached(recording, {"traceparent": f"00-{trace}-{SPAN}-01"})
    assert trace_of(later)[0] != trace
    border = recording.app._http._border  # type: ignore[attr-defined]
    assert border._under_way == {}
