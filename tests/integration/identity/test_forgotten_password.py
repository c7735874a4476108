"""A forgotten password: two facts and a code, and nobody learns which of them was wrong."""

import httpx
import pytest

from tests.support.identity import Browser, World, returned

PHONE = "19900000001"
NEW = "another sentence to keep"


async def _ask(browser: Browser, username: str, phone: str = PHONE) -> httpx.Response:
    page = await browser.authorize(prompt="login")
    asking = await browser.http.get(f"{page.url.path}/forgot")
    return await browser.submit(asking, "/forgot", username=username, phone=phone)


@pytest.mark.parametrize("username", ["citizen", "990102199603140423"])
async def test_a_code_to_the_phone_sets_a_new_password_and_ends_every_login(
    browser: Browser, world: World, username: str
) -> None:
    before = await browser.tokens("citizen")
    fresh = Browser(world)
    page = await _ask(fresh, username)
    code = world.messages()[-1]["values"]["code"]
    login = await fresh.submit(page, "/set", code=code, new=NEW)
    assert "新密码已设好" in login.text
    assert "code" in returned(await fresh.submit(login, username="citizen", password=NEW))
    refresh = {"grant_type": "refresh_token", "refresh_token": before["refresh_token"]}
    assert (await world.token(refresh | world.proof("portal"))).status_code == 400
    await fresh.close()


async def test_facts_that_do_not_belong_together_send_nothing_and_say_so_to_nobody(
    world: World,
) -> None:
    texts = set()
    wrong = (("citizen", "19900000004"), ("nobody", "13999999999"), ("owner", "13888888888"))
    for username, phone in (("citizen", PHONE), *wrong):
        browser = Browser(world)
        page = await _ask(browser, username, phone)
        texts.add(page.text.split("<form")[0].replace(page.url.path.split("/")[3], ""))
        await browser.close()
    assert len(texts) == 1
    assert [one["to"] for one in world.messages()] == [PHONE]


async def test_a_wrong_code_sets_nothing(browser: Browser, world: World) -> None:
    page = await _ask(browser, "citizen")
    code = f"{(int(world.messages()[-1]['values']['code']) + 1) % 10**6:06}"
    assert (await browser.submit(page, "/set", code=code, new=NEW)).status_code == 400
    fresh = Browser(world)
    assert "code" in returned(await fresh.log_in("citizen"))
    await fresh.close()


async def test_a_weak_password_does_not_use_the_code_up(browser: Browser, world: World) -> None:
    page = await _ask(browser, "citizen")
    code = world.messages()[-1]["values"]["code"]
    weak = await browser.submit(page, "/set", code=code, new="password123456password")
    assert weak.status_code == 400
    assert "新密码已设好" in (await browser.submit(weak, "/set", code=code, new=NEW)).text


async def test_a_code_to_log_in_sets_no_password(browser: Browser, world: World) -> None:
    page = await browser.authorize()
    asking = await browser.http.get(f"{page.url.path}/code")
    await browser.submit(asking, "/code", to=PHONE)
    code = world.messages()[-1]["values"]["code"]
    forgot = await browser.http.get(f"{page.url.path}/forgot")
    assert "/forgot/set" not in forgot.text
    other = await browser.submit(forgot, "/forgot", username="owner", phone="19900000004")
    assert (await browser.submit(other, "/set", code=code, new=NEW)).status_code == 400
