from typing import Any

import pytest

from tests.support.gateways import Running, Start

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_catalogue_is_read_without_a_token(running: Running) -> None:
    assert (await running.client.get("/api/catalogue/v1/items")).status_code == 200


async def test_what_changes_the_catalogue_needs_one(running: Running) -> None:
    answer = await running.client.post("/api/catalogue/v1/items", json={})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="tongban"'
    assert answer.json()["status"] == 401


async def test_a_valid_token_passes_and_reaches_the_service(running: Running) -> None:
    headers = running.bearer("cases", "cases.read")
    answer = await running.client.get("/api/cases/v1/cases/1", headers=headers)
    assert answer.status_code == 200
    assert dict(answer.json()["headers"])["authorization"] == headers["authorization"]
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": 1},
        {"iss": "https://evil.example"},
        {"aud": ["http://localhost:8000/api/exchange"]},
        {"aud": []},
        {"client_id": None},
    ],
)
async def test_a_token_that_does_not_hold_is_401(running: Running, changes: dict[str, Any]) -> None:
    headers = running.bearer("cases", "cases.read", **changes)
    answer = await running.client.get("/api/cases/v1/cases/1", headers=headers)
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize(
    "value", ["Bearer", "Bearer x.y.z", "Basic YTpi", "Bearer a b", "x" * 9000]
)
async def test_other_credentials_are_401(running: Running, value: str) -> None:
    answer = await running.client.get("/api/cases/v1/x", headers={"authorization": value})
    assert answer.status_code == 401


async def test_a_bad_token_is_refused_where_none_was_needed(running: Running) -> None:
    headers = {"authorization": "Bearer x.y.z"}
    assert (await running.client.get("/api/catalogue/v1/items", headers=headers)).status_code == 401


async def test_a_token_without_a_scope_of_the_service_is_403(running: Running) -> None:
    headers = running.bearer("cases", "catalogue.manage openid")
    answer = await running.client.get("/api/cases/v1/cases", headers=headers)
    assert answer.status_code == 403
    assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]


async def test_two_authorization_headers_are_refused(running: Running) -> None:
    token = running.bearer("cases", "cases.read")["authorization"]
    headers = [("authorization", token), ("authorization", "Bearer other")]
    assert (await running.client.get("/api/cases/v1/x", headers=headers)).status_code == 400


async def test_a_token_in_the_query_counts_for_nothing(running: Running) -> None:
    token = running.bearer("cases", "cases.read")["authorization"].removeprefix("Bearer ")
    answer = await running.client.get("/api/cases/v1/x", params={"access_token": token})
    assert answer.status_code == 401


async def test_identity_sees_the_credentials_of_its_clients(running: Running) -> None:
    answer = await running.client.post("/identity/token", auth=("dept", "secret"))
    assert dict(answer.json()["headers"])["authorization"].startswith("Basic ")


async def test_metrics_are_for_operators(running: Running) -> None:
    assert (await running.client.get("/metrics")).status_code == 401
    for scope in ("cases.read", "ops.manage"):
        headers = running.bearer("cases", scope)
        assert (await running.client.get("/metrics", headers=headers)).status_code == 403
    headers = running.bearer("supervision", "ops.read")
    answer = await running.client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    assert "gateway_upstream_busy" in answer.text


@pytest.mark.parametrize("path", ["/%6detrics", "//metrics", "/metrics/", "/metrics%2f"])
async def test_no_spelling_leads_to_the_metrics_of_a_service(running: Running, path: str) -> None:
    base = str(running.client.base_url).rstrip("/")
    answer = await running.client.get(f"{base}{path}")
    assert answer.status_code in (400, 401, 404), answer.text


async def test_problems_speak_the_readers_language(running: Running) -> None:
    chinese = await running.client.get("/api/cases/v1/x", headers={"accept-language": "zh-CN"})
    english = await running.client.get("/api/cases/v1/x", headers={"accept-language": "en"})
    assert chinese.json()["title"] == "请先登录"
    assert english.json()["title"] == "Authentication is required"


async def test_without_keys_nobody_is_let_in(start: Start) -> None:
    running = await start()
    running.tokens.down = True
    headers = running.bearer("cases", "cases.read")
    answer = await running.client.get("/api/cases/v1/x", headers=headers)
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
