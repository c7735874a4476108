"""Logging out: told by a client or wished by the person, and never led astray."""

import httpx
import pytest

from tests.support.identity import BASE, ISSUER, Browser, World, returned

HOME = f"{BASE}/"


@pytest.fixture
def world(world_anywhere: World) -> World:
    """On SQLite and on PostgreSQL in turn."""
    return world_anywhere


async def test_a_client_logs_out_with_its_id_token(browser: Browser, world: World) -> None:
    issued = await browser.tokens("citizen")
    answer = await _end(
        browser, id_token_hint=issued["id_token"], post_logout_redirect_uri=HOME, state="s"
    )
    assert answer.headers["location"] == f"{HOME}?state=s"
    assert returned(await browser.authorize(prompt="none"))["error"] == "login_required"
    assert await _userinfo(world, issued["access_token"]) == 401


async def test_without_a_hint_the_person_is_asked_first(browser: Browser) -> None:
    await browser.code("citizen")
    page = await browser.follow(
        await _end(browser, client_id="portal", post_logout_redirect_uri=HOME)
    )
    assert "确定要退出吗" in page.text
    assert "code" in returned(await browser.authorize(prompt="none"))
    done = await browser.submit(page)
    assert done.headers["location"] == HOME
    assert returned(await browser.authorize(prompt="none"))["error"] == "login_required"


async def test_a_logout_cannot_be_forged(browser: Browser, world: World) -> None:
    await browser.code("citizen")
    other = Browser(world)
    theirs = await other.tokens("owner", scope="openid")
    page = await browser.follow(await _end(browser, id_token_hint=theirs["id_token"]))
    assert "确定要退出吗" in page.text
    posted = await browser.http.post("/identity/logout", data={"token": "x"})
    assert posted.status_code == 400
    assert "code" in returned(await browser.authorize(prompt="none"))
    await other.close()


async def test_only_registered_addresses_are_followed(browser: Browser) -> None:
    issued = await browser.tokens("citizen")
    for uri in (
        BASE,
        f"{HOME}x",
        f"{HOME}?",
        "https://evil.example/",
        "//evil.example",
        "javascript:1",
    ):
        answer = await _end(browser, id_token_hint=issued["id_token"], post_logout_redirect_uri=uri)
        assert answer.status_code == 400, uri
    unnamed = await _end(browser, post_logout_redirect_uri=HOME)
    assert unnamed.status_code == 400
    assert "code" in returned(await browser.authorize(prompt="none"))


async def test_a_forged_hint_is_no_hint(browser: Browser) -> None:
    issued = await browser.tokens("citizen")
    header, body, signature = issued["id_token"].split(".")
    for hint in (
        f"{header}.{body}.{signature[:-4]}AAAA",
        f"{header}.{body}.",
        "x",
        issued["access_token"],
    ):
        page = await browser.follow(await _end(browser, id_token_hint=hint))
        assert "确定要退出吗" in page.text


async def test_nobody_logged_in_is_simply_logged_out(browser: Browser) -> None:
    answer = await browser.follow(await _end(browser))
    assert "已退出" in answer.text


async def test_a_hint_of_another_client_is_refused(browser: Browser) -> None:
    issued = await browser.tokens("citizen")
    answer = await _end(browser, id_token_hint=issued["id_token"], client_id="department")
    assert answer.status_code == 400


async def _end(browser: Browser, **parameters: str) -> httpx.Response:
    return await browser.http.get("/identity/end_session", params=parameters)


async def _userinfo(world: World, token: str) -> int:
    async with world.http() as http:
        answer = await http.get(f"{ISSUER}/userinfo", headers={"Authorization": f"Bearer {token}"})
    return answer.status_code
