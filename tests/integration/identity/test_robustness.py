"""Whatever is sent, the answer is 4xx: never 5xx, never a stack trace."""

from tests.support.identity import Browser, World

_RUBBISH = (
    b"",
    b"\x00",
    b"%00",
    b"grant_type=%ff%fe",
    b"grant_type=\xff",
    b"grant_type=client_credentials&grant_type=client_credentials",
    b"grant_type=client_credentials&client_id=a%00b",
    b"&".join(b"a%d=b" % number for number in range(5000)),
    b"a=" + b"x" * 200_000,
    b"grant_type[]=client_credentials",
    b'{"grant_type": "client_credentials"}',
)
_POSTS = ("token", "introspect", "revoke", "authorize", "end_session", "register", "userinfo")
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def test_rubbish_bodies_are_refused(world: World) -> None:
    async with world.http() as http:
        for path in _POSTS:
            for body in _RUBBISH:
                answer = await http.post(f"/identity/{path}", content=body, headers=_FORM)
                assert 300 <= answer.status_code < 500, (path, body[:40])


async def test_other_content_types_are_refused(world: World) -> None:
    async with world.http() as http:
        for headers in ({}, {"Content-Type": "application/json"}, {"Content-Type": "text/plain"}):
            answer = await http.post(
                "/identity/token", content=b"grant_type=client_credentials", headers=headers
            )
            assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_rubbish_queries_are_refused(world: World) -> None:
    async with world.http() as http:
        for path in ("authorize", "end_session", "logout", "login/x", "authorize/x", "choose/%00"):
            for query in ("%ff", "client_id=%00", "a=b&" * 500, "client_id=portal&client_id=cases"):
                answer = await http.get(f"/identity/{path}?{query}")
                assert answer.status_code < 500, (path, query[:40])


async def test_rubbish_forms_are_refused(browser: Browser) -> None:
    page = await browser.authorize()
    for body in _RUBBISH:
        answer = await browser.http.post(page.url.path, content=body, headers=_FORM)
        assert 400 <= answer.status_code < 500
    files = await browser.http.post(page.url.path, files={"token": b"x", "password": b"y"})
    assert 400 <= files.status_code < 500


async def test_long_cookies_and_headers_are_survived(world: World) -> None:
    async with world.http() as http:
        for cookie in ("x" * 5000, "%00", "密"):
            answer = await http.get(
                "/identity/authorize",
                headers={b"Cookie": f"tongban_login={cookie}".encode()},
            )
            assert answer.status_code == 400
        answer = await http.get(
            "/identity/userinfo", headers={"Authorization": "Bearer " + "a" * 20_000}
        )
        assert answer.status_code == 401


async def test_wrong_methods_are_told(world: World) -> None:
    async with world.http() as http:
        assert (await http.get("/identity/token")).status_code == 405
        assert (await http.delete("/identity/authorize")).status_code == 405
        assert (await http.get("/identity/nothing")).status_code == 404
