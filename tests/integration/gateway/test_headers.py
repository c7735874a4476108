import pytest

from tests.support.gateways import Running, Start

pytestmark = pytest.mark.asyncio(loop_scope="module")

FORGED = {
    "X-User": "psn_1",
    "X-User-Id": "psn_1",
    "X_User": "psn_1",
    "X-Tenant": "t",
    "X-Forwarded-For": "6.6.6.6",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Prefix": "/evil",
    "Forwarded": "for=6.6.6.6",
    "X-Real-IP": "6.6.6.6",
    "X-Original-URL": "/admin",
    "X-Staff": "stf_1",
    "Proxy": "http://evil.example",
    "tracestate": "a=b",
    "baggage": "user=x",
    "Keep-Alive": "1",
    "TE": "trailers",
}


async def reached(running: Running, headers: dict[str, str], path: str = "/") -> dict[str, str]:
    answer = await running.client.get(path, headers=headers)
    return dict(answer.json()["headers"])


async def test_forged_headers_never_reach_a_service(running: Running) -> None:
    seen = await reached(running, FORGED)
    assert seen["x-forwarded-for"] == "127.0.0.1"
    assert seen["x-forwarded-host"] == seen["host"] == "localhost:8000"
    assert seen["x-forwarded-proto"] == "http"
    ours = {"x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"}
    assert not {name.lower() for name in FORGED} - ours & set(seen)


async def test_a_header_named_in_connection_goes_no_further(running: Running) -> None:
    seen = await reached(
        running, {"Connection": "x-once, keep-alive", "X-Once": "1", "X-Kept": "2"}
    )
    assert "x-once" not in seen
    assert seen["x-kept"] == "2"


async def test_headers_that_we_set_cannot_be_named_away(running: Running) -> None:
    headers = {"Connection": "keep-alive, x-forwarded-for, x-request-id, host"}
    seen = await reached(running, headers)
    assert {"x-forwarded-for", "x-request-id", "host"} <= set(seen)


async def test_a_trusted_proxy_names_the_caller(start: Start) -> None:
    running = await start(trusted_proxies="127.0.0.0/8, 10.0.0.0/8")
    seen = await reached(running, {"X-Forwarded-For": "6.6.6.6, 9.9.9.9, 10.1.1.1"})
    assert seen["x-forwarded-for"] == "9.9.9.9"


async def test_cookies_go_to_their_own_service_only(running: Running) -> None:
    cookies = {"cookie": "tongban_portal_sid=1; __Host-tongban_portal=2; tongban_login=3; other=4"}
    assert (await reached(running, cookies))["cookie"] == (
        "tongban_portal_sid=1; __Host-tongban_portal=2"
    )
    assert (await reached(running, cookies, "/identity/login"))["cookie"] == "tongban_login=3"
    assert "cookie" not in await reached(running, cookies, "/api/catalogue/v1/items")


async def test_services_set_their_own_cookies_only(running: Running) -> None:
    async def names(path: str) -> list[str]:
        return (await running.client.get(path)).headers.get_list("set-cookie")

    assert await names("/") == ["tongban_portal_sid=1"]
    assert await names("/identity/login") == ["tongban_login=1"]
    assert await names("/api/catalogue/v1/items") == []


async def test_a_request_id_is_kept_when_it_is_well_formed(running: Running) -> None:
    answer = await running.client.get("/", headers={"X-Request-ID": "req-42"})
    assert answer.headers.get_list("x-request-id") == ["req-42"]
    assert dict(answer.json()["headers"])["x-request-id"] == "req-42"


@pytest.mark.parametrize("given", [None, "a b", "x" * 200, "<script>"])
async def test_a_request_id_is_made_otherwise(running: Running, given: str | None) -> None:
    answer = await running.client.get("/", headers={"X-Request-ID": given} if given else {})
    made = answer.headers["x-request-id"]
    assert made != given
    assert dict(answer.json()["headers"])["x-request-id"] == made


async def test_a_problem_carries_the_request_id_too(running: Running) -> None:
    assert (await running.client.get("/api/none")).headers["x-request-id"]


async def test_a_trace_is_begun_where_none_came(running: Running) -> None:
    assert len((await reached(running, {"traceparent": "nonsense"}))["traceparent"]) == 55


async def test_answers_carry_security_headers(running: Running) -> None:
    portal, api = await running.client.get("/"), await running.client.get("/api/catalogue/v1/a")
    assert portal.headers["x-content-type-options"] == "nosniff"
    assert api.headers["content-security-policy"] == "frame-ancestors 'none'"
    assert "content-security-policy" not in portal.headers
    assert "strict-transport-security" not in portal.headers
    assert "server" not in portal.headers


async def test_https_is_kept_for_the_future(start: Start) -> None:
    running = await start(PUBLIC_BASE="https://city.example")
    answer = await running.client.get("/")
    assert "max-age" in answer.headers["strict-transport-security"]
    assert dict(answer.json()["headers"])["x-forwarded-proto"] == "https"
