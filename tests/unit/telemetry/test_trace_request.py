import asyncio

import pytest
from opentelemetry import metrics, trace
from opentelemetry.trace import SpanKind, StatusCode, TraceFlags
from starlette.responses import Response

from shared.telemetry import Telemetry, TelemetrySettings, request_id, traceparent
from tests.unit.telemetry.conftest import Start

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SAMPLED = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
UNSAMPLED = {"traceparent": f"00-{TRACE}-{PARENT}-00"}


async def test_a_sampled_request_is_a_server_span_with_its_children(start: Start) -> None:
    cases = start(sample=1)
    await cases.http.get("/v1/cases/42")
    child, server = await cases.spans()
    assert (child.name, server.name) == ("look", "GET /v1/cases/{number}")
    assert server.kind is SpanKind.SERVER
    assert server.parent is None
    assert child.parent == server.context
    assert server.attributes == {
        "http.request.method": "GET",
        "http.route": "/v1/cases/{number}",
        "http.response.status_code": 200,
        "tongban.case_number": "42",
        "tongban.item_code": "ITEM-1",
    }
    assert child.attributes == {
        "tongban.act": "read",
        "tongban.case_number": "42",
        "tongban.item_code": "ITEM-1",
    }
    assert server.resource.attributes["service.name"] == "cases"


async def test_a_trace_that_others_began_goes_on(start: Start) -> None:
    cases = start()
    await cases.http.get("/v1/cases/42", headers=SAMPLED)
    child, server = await cases.spans()
    assert server.context is not None
    assert server.parent is not None
    assert f"{server.context.trace_id:032x}" == TRACE
    assert f"{server.parent.span_id:016x}" == PARENT
    assert child.context is not None
    assert child.context.trace_id == server.context.trace_id


async def test_an_unsampled_request_makes_no_span(start: Start) -> None:
    cases = start(sample=1)
    await cases.http.get("/v1/cases/42", headers=UNSAMPLED)
    assert await cases.spans() == []


async def test_a_request_that_fails_unsampled_is_written_late(start: Start) -> None:
    cases = start()
    answer = await cases.http.post("/v1/cases/42/overload", headers=UNSAMPLED)
    (server,) = await cases.spans()
    assert answer.status_code == 503
    assert server.attributes is not None
    assert server.attributes["sampled_late"] is True
    assert server.attributes["http.route"] == "/v1/cases/{number}/overload"
    assert server.status.status_code is StatusCode.ERROR
    assert server.context is not None
    assert f"{server.context.trace_id:032x}" == TRACE


async def test_a_request_that_raises_is_written_late_without_its_message(start: Start) -> None:
    cases = start()
    answer = await cases.http.post("/v1/cases/42/break")
    (server,) = await cases.spans()
    assert (answer.status_code, answer.headers["x-request-id"][:4]) == (500, "req_")
    assert server.attributes is not None
    assert server.attributes["error.type"] == "RuntimeError"
    assert "张三" not in server.to_json()


async def test_a_slow_request_is_written_late(start: Start) -> None:
    cases = start(slow_routes={"/v1/cases/{number}": 0.0})
    await cases.http.get("/v1/cases/42")
    await cases.http.get("/lean/42")
    (server,) = await cases.spans()
    assert server.name == "GET /v1/cases/{number}"
    assert server.attributes is not None
    assert server.attributes["sampled_late"] is True
    assert server.attributes["tongban.case_number"] == "42"
    assert server.status.status_code is StatusCode.UNSET
    assert server.start_time is not None
    assert server.end_time is not None
    assert server.end_time > server.start_time


async def test_a_late_span_keeps_the_ids_that_others_were_told(start: Start) -> None:
    cases = start()
    told: list[str | None] = []

    @cases.app.get("/call")
    async def call() -> None:
        told.append(traceparent())
        raise RuntimeError

    await cases.http.get("/call")
    (server,) = await cases.spans()
    assert server.context is not None
    assert told == [f"00-{server.context.trace_id:032x}-{server.context.span_id:016x}-00"]


@pytest.mark.parametrize(
    "header",
    [
        "",
        "nonsense",
        f"00-{TRACE}-{PARENT}",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{PARENT}-01",
        f"00-{TRACE.upper()}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-01-more",
        f"00-{TRACE[:-1]}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-1",
        f"00-{TRACE}-{PARENT}-zz",
        f"00-{TRACE}-{PARENT}-01" + "-" * 600,
        f"00-+{TRACE[1:]}-{PARENT}-01",
    ],
)
async def test_a_malformed_traceparent_begins_a_new_trace(start: Start, header: str) -> None:
    cases = start(sample=1)
    answer = await cases.http.get("/v1/cases/42", headers={"traceparent": header})
    _, server = await cases.spans()
    assert answer.status_code == 200
    assert server.parent is None
    assert server.context is not None
    assert f"{server.context.trace_id:032x}" != TRACE


async def test_a_later_version_of_traceparent_is_understood(start: Start) -> None:
    cases = start()
    await cases.http.get("/lean/1", headers={"traceparent": f"01-{TRACE}-{PARENT}-01-more"})
    assert len(await cases.spans()) == 1


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/v1/cases/42?name=张三", "/v1/cases/{number}"),
        ("/lean/42", "/lean/{code}"),
        ("/static/app.css", "/static/{path}"),
        ("/v1/cases/42/break", "/v1/cases/{number}/break"),  # 405
        ("/nowhere/42", "unmatched"),
        ("/metrics", "/metrics"),
    ],
)
async def test_the_route_is_a_template(start: Start, path: str, route: str) -> None:
    cases = start(sample=1)
    await cases.http.get(path)
    server = (await cases.spans())[-1]
    assert server.attributes is not None
    assert server.attributes["http.route"] == route
    assert "42" not in f"{server.name} {server.attributes['http.route']}"


async def test_queries_bodies_and_headers_are_never_recorded(start: Start) -> None:
    cases = start(sample=1)
    await cases.http.post(
        "/v1/cases/42/break?who=marker",
        json={"name": "marker"},
        headers={"Cookie": "c=marker", "Authorization": "Bearer marker", "baggage": "who=marker"},
    )
    assert all("marker" not in span.to_json() for span in await cases.spans())


async def test_half_of_the_traces_are_sampled(start: Start) -> None:
    cases = start(sample=0.5)
    for _ in range(200):
        await cases.http.get("/lean/1")
    assert 50 < len(await cases.spans()) < 150


async def test_two_services_in_one_process_keep_apart(start: Start) -> None:
    cases, exchange = start("cases", sample=1), start("exchange", sample=1)
    await asyncio.gather(cases.http.get("/lean/1"), exchange.http.get("/lean/1"))
    (one,), (other,) = await cases.spans(), await exchange.spans()
    assert one.resource.attributes["service.name"] == "cases"
    assert other.resource.attributes["service.name"] == "exchange"
    assert one.context is not None
    assert other.context is not None
    assert one.context.trace_id != other.context.trace_id


async def test_nothing_is_set_globally(start: Start) -> None:
    start(sample=1)
    assert type(trace.get_tracer_provider()).__name__ == "ProxyTracerProvider"
    assert type(metrics.get_meter_provider()).__name__ == "_ProxyMeterProvider"


async def test_a_request_leaves_nothing_behind(start: Start) -> None:
    cases = start(sample=1)
    await cases.http.get("/v1/cases/42")
    await cases.http.post("/v1/cases/42/break")
    assert traceparent() is None


async def test_a_good_request_id_is_kept_and_a_bad_one_replaced(start: Start) -> None:
    cases = start()
    for sent, kept in (("req_1", True), ("x" * 200, False), ("a b\tc", False), ('"}', False)):
        answer = await cases.http.get("/lean/1", headers={"X-Request-ID": sent})
        assert (answer.headers["x-request-id"] == sent) is kept
        assert answer.headers.get_list("x-request-id")[1:] == []


async def test_an_answer_that_is_passed_on_has_one_request_id(start: Start) -> None:
    cases = start()
    seen: list[str | None] = []

    @cases.app.get("/passed-on")
    async def passed_on() -> Response:
        seen.append(request_id())
        return Response(headers={"X-Request-ID": "req_of_another"})

    answer = await cases.http.get("/passed-on", headers={"X-Request-ID": "req_1"})
    assert seen == ["req_1"]
    assert answer.headers.get_list("x-request-id") == ["req_1"]
    assert request_id() is None


async def test_without_an_exporter_the_decision_of_others_is_passed_on() -> None:
    telemetry = Telemetry.start("cases", TelemetrySettings(sample=1))
    with telemetry.span("work", traceparent=SAMPLED["traceparent"]):
        assert (traceparent() or "").endswith("-01")
    with telemetry.span("work"):
        flags = int((traceparent() or "").rpartition("-")[2], 16)
        assert not flags & TraceFlags.SAMPLED
    await telemetry.close()
