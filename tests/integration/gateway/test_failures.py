import asyncio
from dataclasses import replace

import pytest
from starlette.types import Receive, Scope, Send

from gateway.routes import ROUTES
from tests.support.gateways import Start

pytestmark = pytest.mark.asyncio(loop_scope="module")

IMPATIENT = [replace(route, answer_timeout=0.1, idle_timeout=0.1) for route in ROUTES]


async def test_a_service_that_is_down_is_503_and_the_others_go_on(start: Start) -> None:
    running = await start(upstreams={"catalogue": None})
    answer = await running.client.get("/api/catalogue/v1/items")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert answer.headers["content-type"] == "application/problem+json"
    assert ".sock" not in answer.text
    assert (await running.client.get("/")).status_code == 200


async def test_a_service_that_keeps_failing_is_left_alone(start: Start) -> None:
    running = await start(upstreams={"catalogue": None})
    for _ in range(6):
        answer = await running.client.get("/api/catalogue/v1/items")
    assert answer.status_code == 503
    text = (await running.client.get("/metrics", headers=running.bearer("x", "ops.read"))).text
    assert 'gateway_upstream_shut{service="catalogue"} 1.0' in text
    assert 'gateway_upstream_shut{service="portal"} 0.0' in text
    refused = 'gateway_upstream_refused_total{reason="%s",service="%s"} %s'
    assert refused % ("failed", "catalogue", "5.0") in text
    assert refused % ("shut", "catalogue", "1.0") in text
    assert refused % ("failed", "portal", "0.0") in text


async def test_a_service_that_does_not_answer_is_504(start: Start) -> None:
    async def silent(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(1)

    running = await start(upstreams={"portal": silent}, routes=IMPATIENT)
    answer = await running.client.get("/")
    assert answer.status_code == 504
    assert answer.json()["type"].endswith("/problems/gateway-timeout")


async def test_an_answer_that_breaks_off_is_no_whole_answer(start: Start) -> None:
    async def breaking(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-length", b"10")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        await asyncio.sleep(1)

    running = await start(upstreams={"portal": breaking}, routes=IMPATIENT)
    answer = await running.raw(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"half")


async def test_errors_of_a_service_pass_unchanged(start: Start) -> None:
    async def conflict(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/problem+json"), (b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 409, "headers": headers})
        await send({"type": "http.response.body", "body": b"{}"})

    running = await start(upstreams={"portal": conflict})
    answer = await running.client.post("/", json={})
    assert (answer.status_code, answer.text) == (409, "{}")


@pytest.mark.parametrize("status", [204, 304])
async def test_answers_without_body_pass(start: Start, status: int) -> None:
    async def empty(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    running = await start(upstreams={"portal": empty})
    answers = [await running.client.get("/") for _ in range(2)]
    assert [(answer.status_code, answer.content) for answer in answers] == [(status, b"")] * 2


async def test_readiness_tells_of_the_services_and_depends_on_none(start: Start) -> None:
    running = await start(upstreams={"cases": None, "exchange": None})
    answer = await running.client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["upstreams"] == {
        "cases": "down",
        "catalogue": "ready",
        "exchange": "down",
        "identity": "ready",
        "portal": "ready",
    }
    assert (await running.client.get("/healthz")).json() == {"status": "ok"}
