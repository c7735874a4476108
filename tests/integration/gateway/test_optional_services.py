"""A service that an installation may do without: the trace store, where Jaeger is instead."""

import pytest

from tests.support.gateways import Start, echo

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_without_it_its_paths_are_404_and_nothing_else_suffers(start: Start) -> None:
    running = await start()
    answer = await running.client.get(
        "/api/traces/v1/traces", headers=running.bearer("traces", "ops.read")
    )
    assert answer.status_code == 404
    assert "traces" not in (await running.client.get("/readyz")).json()["upstreams"]
    document = (await running.client.get("/api/openapi.json")).json()
    assert "traces" not in document["x-unavailable"]


async def test_an_empty_address_is_none(start: Start) -> None:
    running = await start(TRACES_URL="")
    assert "traces" not in (await running.client.get("/readyz")).json()["upstreams"]


async def test_with_it_operators_reach_its_api_and_nothing_beside_it(start: Start) -> None:
    running = await start(upstreams={"traces": echo("traces")})
    operator = running.bearer("traces", "ops.read")
    answer = await running.client.get("/api/traces/v1/traces?case=1", headers=operator)
    assert (answer.json()["service"], answer.json()["path"]) == ("traces", "/v1/traces")
    assert (await running.client.get("/readyz")).json()["upstreams"]["traces"] == "ready"
    citizen = running.bearer("traces", "cases.read")
    assert (await running.client.get("/api/traces/v1/x", headers=citizen)).status_code == 403
    assert (await running.client.get("/api/traces/v1/x")).status_code == 401


@pytest.mark.parametrize("path", ["/api/traces/otlp/v1/traces", "/otlp/v1/traces"])
async def test_nobody_sends_spans_in_from_outside(start: Start, path: str) -> None:
    running = await start(upstreams={"traces": echo("traces")})
    answer = await running.client.post(path, headers=running.bearer("traces", "ops.read"))
    assert answer.json().get("service") in (None, "portal")
