"""Where somebody is logged in, ending it from elsewhere, and being told of it."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest

from shared.clock import at
from tests.support.identity import PASSWORD, Browser, World, claims, later, returned

PAGE = "/identity/account/sessions"
PHONE = "Mozilla/5.0 (Linux; Android 14) Chrome/126.0"


@pytest.fixture
def world(world_anywhere: World) -> World:
    """On SQLite and on PostgreSQL in turn."""
    return world_anywhere


@pytest.fixture
async def phone(world: World) -> AsyncGenerator[Browser]:
    """Another browser of the same person."""
    opened = Browser(world)
    opened.http.headers.update({"User-Agent": PHONE, "X-Forwarded-For": "203.0.113.77"})
    yield opened
    await opened.close()


async def test_a_person_sees_where_he_is_logged_in(
    world: World, browser: Browser, phone: Browser
) -> None:
    mine, theirs = await browser.tokens("citizen"), await phone.tokens("citizen")
    items = (await _api(world, mine, "GET", "/sessions")).json()["items"]
    assert [one["this"] for one in items].count(True) == 1
    there = next(one for one in items if not one["this"])
    assert (there["device"], there["address"]) == ("Chrome · Android", "203.0.113.*")
    assert there["amr"] == ["pwd"]
    assert there["began_at"]
    assert len((await _api(world, theirs, "GET", "/sessions")).json()["items"]) == 2


async def test_who_proves_himself_again_stays_logged_in_at_his_clients(
    world: World, browser: Browser
) -> None:
    first = await browser.tokens("citizen")
    old, moment = dict(browser.http.cookies), later(seconds=10)
    with at(lambda: moment):
        again = await browser.tokens("citizen", prompt="login")
        said, before = claims(again["id_token"]), claims(first["id_token"])
        assert said["sid"] == before["sid"]
        assert said["auth_time"] > before["auth_time"]
        refreshing = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
        refreshed = await world.token(refreshing | world.proof("portal"))
        assert refreshed.status_code == 200, refreshed.text
    stolen = Browser(world)
    stolen.http.cookies.update(old)
    assert returned(await stolen.authorize(prompt="none"))["error"] == "login_required"
    await stolen.close()


async def test_another_person_in_the_same_browser_ends_the_login_before(
    world: World, browser: Browser
) -> None:
    first = await browser.tokens("citizen")
    other = await browser.tokens("owner", prompt="login")
    assert claims(other["id_token"])["sid"] != claims(first["id_token"])["sid"]
    assert (await _api(world, first, "GET", "/sessions")).status_code == 401


async def test_a_login_is_ended_from_elsewhere(
    world: World, browser: Browser, phone: Browser
) -> None:
    mine, theirs = await browser.tokens("citizen"), await phone.tokens("citizen")
    there = await _elsewhere(world, mine)
    answer = await _api(world, mine, "POST", f"/sessions/{there}/end")
    assert answer.json() == {"id": there, "status": "ended"}
    assert (await _api(world, theirs, "GET", "/sessions")).status_code == 401
    assert returned(await phone.authorize(prompt="none"))["error"] == "login_required"
    assert (await _api(world, mine, "GET", "/sessions")).status_code == 200


async def test_everywhere_else_leaves_only_here(
    world: World, browser: Browser, phone: Browser
) -> None:
    await phone.tokens("citizen")
    third = Browser(world)
    await third.tokens("citizen")
    mine = await browser.tokens("citizen")
    assert (await _api(world, mine, "POST", "/sessions/end-others")).json() == {"ended": 2}
    (left,) = (await _api(world, mine, "GET", "/sessions")).json()["items"]
    assert left["this"] is True
    await third.close()


async def test_nobody_ends_the_login_of_another(
    world: World, browser: Browser, phone: Browser
) -> None:
    mine, theirs = await browser.tokens("citizen"), await phone.tokens("owner")
    (other,) = (await _api(world, theirs, "GET", "/sessions")).json()["items"]
    assert (await _api(world, mine, "POST", f"/sessions/{other['id']}/end")).status_code == 404
    assert (await _api(world, theirs, "GET", "/sessions")).status_code == 200


async def test_the_page_logs_out_there(world: World, browser: Browser, phone: Browser) -> None:
    theirs = await phone.tokens("citizen")
    page = await _page(browser)
    assert "Chrome · Android" in page.text
    assert "203.0.113.*" in page.text
    there = await _id_on(page)
    done = await browser.submit(page, session=there)
    assert "已退出。用那次登录打开的系统也会一起退出。" in done.text
    assert "没有在其他设备上登录。" in done.text
    assert (await _api(world, theirs, "GET", "/sessions")).status_code == 401


async def test_the_page_cannot_be_made_to_log_out(browser: Browser, phone: Browser) -> None:
    await phone.tokens("citizen")
    there = await _id_on(await _page(browser))
    forged = await browser.http.post(PAGE, data={"session": there, "token": "x"})
    assert forged.status_code == 400
    assert "code" in returned(await phone.authorize(prompt="none"))


async def test_the_page_ends_no_login_of_another(browser: Browser, phone: Browser) -> None:
    await phone.tokens("citizen")
    page = await _page(browser)
    other = Browser(browser.world)
    theirs = await other.tokens("owner")
    (session,) = (await _api(browser.world, theirs, "GET", "/sessions")).json()["items"]
    await browser.submit(page, session=session["id"])
    assert (await _api(browser.world, theirs, "GET", "/sessions")).status_code == 200
    await other.close()


async def test_a_new_device_is_told_to_its_person(
    world: World, browser: Browser, phone: Browser
) -> None:
    mine = await browser.tokens("citizen")
    assert (await _api(world, mine, "GET", "/security-events")).json()["items"] == []
    await phone.tokens("citizen")
    (event,) = (await _api(world, mine, "GET", "/security-events")).json()["items"]
    assert event["kind"] == "new_device"
    assert "Chrome · Android" in event["text"]
    sent = await _sent(world)
    assert sent["to"] == "19900000001"
    assert "新设备上登录：Chrome · Android" in sent["text"]


async def test_the_same_device_again_is_no_news(world: World, browser: Browser) -> None:
    mine = await browser.tokens("citizen")
    await browser.tokens("citizen", prompt="login")
    again = await browser.tokens("citizen")
    assert mine
    assert (await _api(world, again, "GET", "/security-events")).json()["items"] == []


async def test_a_stolen_refresh_token_is_told(world: World, browser: Browser) -> None:
    mine = await browser.tokens("citizen")
    form = {"grant_type": "refresh_token", "refresh_token": mine["refresh_token"]}
    assert (await world.token(form | world.proof("portal"))).status_code == 200
    with at(later(seconds=30)):
        assert (await world.token(form | world.proof("portal"))).status_code == 400
    mine = await browser.tokens("citizen", prompt="none")
    kinds = [
        one["kind"] for one in (await _api(world, mine, "GET", "/security-events")).json()["items"]
    ]
    assert kinds == ["token_reuse"]


async def test_events_are_told_in_the_readers_language(
    world: World, browser: Browser, phone: Browser
) -> None:
    mine = await browser.tokens("citizen")
    await phone.tokens("citizen")
    answer = await _api(world, mine, "GET", "/security-events", language="en")
    assert "log in on a new device: Chrome · Android" in answer.json()["items"][0]["text"]


async def test_only_the_persons_own_client_sees_his_logins(world: World, browser: Browser) -> None:
    mine = await browser.tokens("citizen")
    exchanged = await world.token(
        {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "subject_token": mine["access_token"],
            "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "audience": "http://localhost:8000/api/identity",
            "scope": "identity.self",
            **world.proof("cases"),
        }
    )
    if exchanged.status_code == 200:
        assert (await _api(world, exchanged.json(), "GET", "/sessions")).status_code == 403
    assert (await _api(world, {"access_token": "x"}, "GET", "/sessions")).status_code == 401


async def _api(
    world: World, issued: dict[str, Any], method: str, path: str, language: str = "zh"
) -> httpx.Response:
    async with world.http() as http:
        return await http.request(
            method,
            f"/v1/me{path}",
            headers={
                "Authorization": f"Bearer {issued['access_token']}",
                "Accept-Language": language,
                **({"Idempotency-Key": path} if method == "POST" else {}),
            },
        )


async def _elsewhere(world: World, mine: dict[str, Any]) -> str:
    items = (await _api(world, mine, "GET", "/sessions")).json()["items"]
    return str(next(one["id"] for one in items if not one["this"]))


async def _page(browser: Browser) -> httpx.Response:
    page = await browser.follow(await browser.http.get(PAGE))
    if 'name="password"' in page.text:
        page = await browser.submit(page, username="citizen", password=PASSWORD)
    assert "登录的设备" in page.text
    return page


async def _id_on(page: httpx.Response) -> str:
    return page.text.split('name="session" value="')[1].split('"')[0]


async def _sent(world: World) -> dict[str, Any]:
    async with asyncio.timeout(10):
        while not (sent := world.messages(notices=True)):  # noqa: ASYNC110 - it is a file
            await asyncio.sleep(0.05)
    return sent[0]
