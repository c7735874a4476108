import pytest

from tests.support.gateways import Running

pytestmark = pytest.mark.asyncio(loop_scope="module")

CASES = [
    ("/", "portal", "/"),
    ("/search?q=a&b=%20", "portal", "/search"),
    ("/identity/authorize", "identity", "/identity/authorize"),
    ("/identity", "identity", "/identity"),
    ("/identityx", "portal", "/identityx"),
    (
        "/.well-known/oauth-authorization-server/identity",
        "identity",
        "/.well-known/oauth-authorization-server/identity",
    ),
    ("/.well-known/security.txt", "portal", "/.well-known/security.txt"),
    ("/api/catalogue/v1/items", "catalogue", "/v1/items"),
    ("/api/catalogue/v1", "catalogue", "/v1"),
    ("/api/./catalogue/v1/items/./a", "catalogue", "/v1/items/a"),
    ("/%61pi/catalogue/v1/items", "catalogue", "/v1/items"),
    ("/api/catalogue/v1/items/%E5%87%BA", "catalogue", "/v1/items/%E5%87%BA"),
]


@pytest.mark.parametrize(("path", "service", "upstream_path"), CASES)
async def test_a_path_reaches_its_service(
    running: Running, path: str, service: str, upstream_path: str
) -> None:
    told = (await running.client.get(path)).json()
    assert (told["service"], told["path"]) == (service, upstream_path)
    assert told["query"] == path.partition("?")[2]


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/cases", "/api/cases/v2/x", "/api/none/v1"])
async def test_nothing_below_api_falls_through_to_the_portal(running: Running, path: str) -> None:
    answer = await running.client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "http://localhost:8000/problems/not-found"


async def test_every_method_passes_with_its_body(running: Running) -> None:
    headers = running.bearer("cases", "cases.apply")
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = await running.client.request(
            method, "/api/cases/v1/cases", content=b"12345", headers=headers
        )
        assert (answer.json()["method"], answer.json()["length"]) == (method, 5)


async def test_head_answers_with_headers_only(running: Running) -> None:
    answer = await running.client.head("/api/catalogue/v1/items")
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) > 0
    assert answer.content == b""


@pytest.mark.parametrize("method", ["TRACE", "PROPFIND"])
async def test_other_methods_are_refused(running: Running, method: str) -> None:
    answer = await running.client.request(method, "/")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


async def test_connect_is_refused(running: Running) -> None:
    answer = await running.raw(b"CONNECT cases:80 HTTP/1.1\r\nHost: a\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 405 ")
    assert b"application/problem+json" in answer


async def test_a_method_override_has_no_effect(running: Running) -> None:
    answer = await running.client.post("/form", headers={"X-HTTP-Method-Override": "DELETE"})
    assert answer.json()["method"] == "POST"
    assert "x-http-method-override" not in dict(answer.json()["headers"])


async def test_websocket_is_refused_cleanly(running: Running) -> None:
    answer = await running.client.get(
        "/",
        headers={
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        },
    )
    assert answer.status_code == 501
    assert answer.json()["type"].endswith("/problems/upgrade-refused")


@pytest.mark.parametrize(
    "target",
    [
        b"/a/../api/cases/v1/x",
        b"/a/%2e%2e/b",
        b"/a/.%2E/b",
        b"/a%2fb",
        b"/a%5cb",
        b"/a\\b",
        b"/a%00b",
        b"/a%0d%0ab",
        b"/a%252fb",
        b"/a%252e%252e/b",
        b"/a//b",
        b"//evil.example/",
        b"/a%zz",
        b"/a%",
        b"/\xe5\x87\xba",
        b"/a b",
        b"/a?q=\xe5\x87\xba",
    ],
)
async def test_a_path_with_two_meanings_is_refused(running: Running, target: bytes) -> None:
    answer = await running.raw(
        b"GET " + target + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in answer
