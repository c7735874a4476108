"""The provider's pages beside the portal's: nobody feels sent to a strange site."""

from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.support.onebox import Onebox
from tests.support.visitor import NARROW, PHONE, Visitor

LOOKS = """() => {
    const of = (element, ...names) => {
        const style = getComputedStyle(document.querySelector(element));
        return names.map(name => style[name]);
    };
    return [of("body", "backgroundColor", "color", "fontFamily", "fontSize", "lineHeight"),
        of(".top", "backgroundColor", "borderBottomColor"),
        of(".brand b", "color", "fontSize"), document.querySelector(".brand b").textContent];
}"""


@pytest.mark.parametrize("elder", [False, True], ids=["plain", "elder"])
async def test_the_login_looks_like_the_page_one_comes_from(
    browser: Browser, onebox: Onebox, pictures: Path, elder: bool
) -> None:
    visitor = await Visitor.come(browser, onebox)
    if elder:
        await visitor.press("elder-switch")
    portal = await visitor.page.evaluate(LOOKS)
    await visitor.open("/login?next=/me")
    assert await visitor.page.evaluate(LOOKS) == portal
    await visitor.look(f"login-{'elder' if elder else 'plain'}", pictures)
    await visitor.leave()


@pytest.mark.parametrize("size", [PHONE, NARROW], ids=["phone", "320 px"])
async def test_every_page_of_the_login_can_be_read_by_everyone(
    browser: Browser, onebox: Onebox, pictures: Path, size: dict[str, int]
) -> None:
    visitor = await Visitor.come(browser, onebox, size=dict(size))
    page = visitor.page

    async def look(name: str) -> None:
        await visitor.look(f"{name}-{size['width']}", pictures)
        assert await visitor.overflow() <= 0, name

    await visitor.open("/login?next=/me")
    login = page.url
    await page.goto(login.replace("/login/", "/sign-up/"))
    await look("sign-up")
    await page.goto(login)
    await page.fill("input[name=username]", "nobody")
    await page.fill("input[name=password]", "not the password")
    await page.click("main button[type=submit]")
    await look("login-refused")
    await visitor.log_in("agent")
    await look("choose")
    await page.locator("main input[type=radio]").nth(1).check()
    await page.click("main button[type=submit]")
    await page.wait_for_url("**/me")
    await page.goto(login)
    await look("login-over")
    for path in ("logout", "logged-out"):
        await visitor.open(f"/identity/{path}")
        await look(path)
    await visitor.leave()


async def test_a_post_without_the_right_reads_a_plain_sentence_at_the_desk(
    browser: Browser, onebox: Onebox, pictures: Path
) -> None:
    visitor = await Visitor.come(browser, onebox)
    await visitor.open("/desk")
    await visitor.log_in("inspector")
    assert "没有这项权限" in await visitor.page.inner_text("main")
    assert "工作台" not in await visitor.page.inner_text("header nav")
    await visitor.look("desk-inspector", pictures)
    await visitor.leave()


async def test_the_entrance_of_staff_leads_each_to_his_own_room(
    browser: Browser, onebox: Onebox
) -> None:
    for account, room in (("administrator", "/ops"), ("officer", "/desk")):
        visitor = await Visitor.come(browser, onebox)
        await visitor.open("/")
        await visitor.page.get_by_role("link", name="工作人员入口").click()
        await visitor.log_in(account)
        assert visitor.page.url == onebox.base + room
        await visitor.leave()


async def test_the_type_of_an_error_leads_to_a_page_that_explains_it(
    browser: Browser, onebox: Onebox, pictures: Path
) -> None:
    visitor = await Visitor.come(browser, onebox)
    answer = await visitor.context.request.get(f"{onebox.base}/api/catalogue/v1/items/none")
    await visitor.page.goto((await answer.json())["type"])
    assert "没有这个事项" in await visitor.page.inner_text("h1")
    await visitor.look("problem", pictures)
    await visitor.leave()
