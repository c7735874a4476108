"""UserInfo, introspection and revocation: callers are known, and nobody gets an oracle."""

from typing import Any

import httpx

from shared import clock
from tests.support.identity import BASE, Browser, World, claims, later


async def test_userinfo_tells_the_subject_and_with_profile_the_name(
    browser: Browser, world: World
) -> None:
    issued = await browser.tokens("citizen")
    assert await _userinfo(world, issued["access_token"]) == {
        "sub": world.person("citizen"),
        "name": "张若溪",
    }
    bare = await browser.tokens("citizen", scope="openid")
    assert await _userinfo(world, bare["access_token"]) == {"sub": world.person("citizen")}


async def test_userinfo_takes_a_live_access_token_in_the_header_only(
    browser: Browser, world: World
) -> None:
    issued = await browser.tokens("citizen")
    token = issued["access_token"]
    async with world.http() as http:
        for answer in (
            await http.get("/identity/userinfo"),
            await http.get("/identity/userinfo", params={"access_token": token}),
            await http.post("/identity/userinfo", data={"access_token": token}),
            await _with(http, issued["id_token"]),
            await _with(http, issued["refresh_token"]),
            await _with(http, f"{token}x"),
            await _with(http, await world.own_token("cases", audience=f"{BASE}/api/identity")),
        ):
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Bearer")
        with clock.at(later(seconds=400)):
            assert (await _with(http, token)).status_code == 401


async def test_userinfo_needs_openid(browser: Browser, world: World) -> None:
    issued = await browser.tokens("citizen", scope="identity.self")
    async with world.http() as http:
        answer = await _with(http, issued["access_token"])
    assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")


async def test_introspection_is_for_the_client_and_the_audience(
    browser: Browser, world: World
) -> None:
    issued = await browser.tokens("citizen", scope="openid cases.read")
    mine = await _introspect(world, issued["access_token"], "portal")
    assert mine["active"] is True
    assert mine["sub"] == world.person("citizen")
    assert mine["jti"] == claims(issued["access_token"])["jti"]
    assert (await _introspect(world, issued["access_token"], "cases"))["active"] is True
    assert await _introspect(world, issued["access_token"], "exchange") == {"active": False}


async def test_introspection_says_inactive_of_everything_else(
    browser: Browser, world: World
) -> None:
    issued = await browser.tokens("citizen")
    for token in ("x", issued["id_token"], issued["refresh_token"], issued["access_token"] + "x"):
        assert await _introspect(world, token, "portal") == {"active": False}
    with clock.at(later(seconds=400)):
        assert await _introspect(world, issued["access_token"], "portal") == {"active": False}


async def test_introspection_needs_a_client(world: World) -> None:
    async with world.http() as http:
        for form in ({"token": "x"}, {"token": "x", "client_id": "portal"}):
            answer = await http.post("/identity/introspect", data=form)
            assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_a_revoked_access_token_is_no_good(browser: Browser, world: World) -> None:
    issued = await browser.tokens("citizen")
    assert await _revoke(world, issued["access_token"], "portal") == 200
    assert await _introspect(world, issued["access_token"], "portal") == {"active": False}


async def test_a_revoked_refresh_token_takes_its_family_along(
    browser: Browser, world: World
) -> None:
    issued = await browser.tokens("citizen")
    assert await _revoke(world, issued["refresh_token"], "portal") == 200
    assert await _introspect(world, issued["access_token"], "portal") == {"active": False}
    refresh = {"grant_type": "refresh_token", "refresh_token": issued["refresh_token"]}
    assert (await world.token(refresh | world.proof("portal"))).status_code == 400


async def test_nobody_revokes_the_tokens_of_others_or_learns_of_them(
    browser: Browser, world: World
) -> None:
    issued = await browser.tokens("citizen")
    for token in (issued["access_token"], issued["refresh_token"], "unknown"):
        assert await _revoke(world, token, "cases") == 200
    assert (await _introspect(world, issued["access_token"], "portal"))["active"] is True


async def _userinfo(world: World, token: str) -> dict[str, Any]:
    async with world.http() as http:
        told: dict[str, Any] = (await _with(http, token)).json()
    return told


async def _with(http: httpx.AsyncClient, token: str) -> httpx.Response:
    return await http.get("/identity/userinfo", headers={"Authorization": f"Bearer {token}"})


async def _introspect(world: World, token: str, client: str) -> dict[str, Any]:
    async with world.http() as http:
        answer = await http.post(
            "/identity/introspect", data={"token": token, **world.proof(client)}
        )
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def _revoke(world: World, token: str, client: str) -> int:
    async with world.http() as http:
        answer = await http.post("/identity/revoke", data={"token": token, **world.proof(client)})
    return answer.status_code
