"""Scan to log in: bound to the browser that shows the code, once, and told plainly."""

import httpx
import pytest

from shared import clock
from tests.support.identity import (
    PASSWORD,
    Browser,
    World,
    claims,
    later,
    returned,
)


@pytest.fixture
async def phone(world: World) -> Browser:
    """The citizen's, where he is logged in."""
    browser = Browser(world)
    await browser.account("")
    return browser


async def _shown(computer: Browser, **asked: str) -> httpx.Response:
    page = await computer.authorize(**asked)
    return await computer.follow(await computer.http.get(f"{page.url.path}/scan"))


async def _code(world: World, computer: Browser, page: httpx.Response) -> str:
    """What the picture says, read as a phone would: through the provider's own derivation."""
    interaction, name = page.url.path.removeprefix("/identity/login/").split("/scan/")
    browser = computer.http.cookies.get("tongban_login_form") or ""
    return world.provider.derived.value("scan", name, interaction, browser)[:40]


async def test_a_phone_lets_a_computer_in(world: World, phone: Browser) -> None:
    computer = Browser(world)
    page = await _shown(computer)
    assert '<meta http-equiv="refresh" content="3">' in page.text
    question = await phone.http.get(f"/identity/scan/{await _code(world, computer, page)}")
    assert "云州通办" in question.text
    assert "127.0.*.*" in question.text
    assert "都是骗局" in question.text
    assert "已扫描" in (await computer.http.get(page.url.path)).text
    assert (await computer.http.get(f"{page.url.path}/state")).text == "opened"
    await phone.submit(question, yes="1")
    answer = await computer.follow(await computer.http.get(page.url.path))
    issued = await world.token(computer.redemption(returned(answer)["code"]))
    said = claims(issued.json()["id_token"])
    assert said["sub"] == world.person("citizen")
    assert said["amr"] == ["mca", "pwd"]
    assert said["acr"] == "urn:tongban:acr:l3"
    await computer.close()
    await phone.close()


async def test_what_was_refused_logs_nobody_in(world: World, phone: Browser) -> None:
    computer = Browser(world)
    page = await _shown(computer)
    question = await phone.http.get(f"/identity/scan/{await _code(world, computer, page)}")
    await phone.submit(question, no="1")
    assert "没有同意" in (await computer.http.get(page.url.path)).text
    assert (await phone.submit(question, yes="1")).status_code == 400
    assert "tongban_login" not in computer.http.cookies
    await computer.close()
    await phone.close()


async def test_another_browser_with_the_address_gets_nothing(world: World, phone: Browser) -> None:
    computer, thief = Browser(world), Browser(world)
    page = await _shown(computer)
    question = await phone.http.get(f"/identity/scan/{await _code(world, computer, page)}")
    await phone.submit(question, yes="1")
    await thief.authorize()
    stolen = await thief.http.get(page.url.path)
    assert "已过期" in stolen.text
    answer = await computer.follow(await computer.http.get(page.url.path))
    assert "code" in returned(answer)
    for one in (computer, thief, phone):
        await one.close()


async def test_a_code_is_over_after_two_minutes(world: World, phone: Browser) -> None:
    computer = Browser(world)
    page = await _shown(computer)
    code = await _code(world, computer, page)
    with clock.at(later(minutes=2, seconds=1)):
        assert (await phone.http.get(f"/identity/scan/{code}")).status_code == 400
        assert "已过期" in (await computer.http.get(page.url.path)).text
    await computer.close()
    await phone.close()


async def test_a_phone_that_logged_out_meanwhile_lets_nobody_in(
    world: World, phone: Browser
) -> None:
    computer = Browser(world)
    page = await _shown(computer)
    question = await phone.http.get(f"/identity/scan/{await _code(world, computer, page)}")
    await phone.submit(question, yes="1")
    await phone.submit(await phone.http.get("/identity/logout"))
    assert "已过期" in (await computer.http.get(page.url.path)).text
    await computer.close()
    await phone.close()


async def test_a_request_for_a_fresh_login_wants_one_of_the_phone(
    world: World, phone: Browser
) -> None:
    computer = Browser(world)
    with clock.at(later(minutes=6)):
        page = await _shown(computer, prompt="login")
        question = await phone.http.get(f"/identity/scan/{await _code(world, computer, page)}")
        asked = await phone.submit(question, yes="1")
        assert 'name="password"' in asked.text
        again = await phone.submit(asked, username="citizen", password=PASSWORD)
        await phone.submit(again, yes="1")
        assert "code" in returned(await computer.follow(await computer.http.get(page.url.path)))
    await computer.close()
    await phone.close()
