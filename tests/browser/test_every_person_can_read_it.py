"""Pages on a phone, at 320 pixels, for elders, in English and by keyboard."""

from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.support.onebox import Onebox
from tests.support.visitor import NARROW, PHONE, Visitor

PAGES = ["/", "/search?q=身份证丢了", "/departments", "/themes", "/people", "/business", "/elder"]


@pytest.mark.parametrize("size", [PHONE, NARROW], ids=["phone", "320 px"])
async def test_no_page_is_wider_than_a_small_screen(
    browser: Browser, onebox: Onebox, pictures: Path, size: dict[str, int]
) -> None:
    visitor = await Visitor.come(browser, onebox, size=dict(size))
    for path in [*PAGES, f"/items/{onebox.demo['item']}"]:
        await visitor.open(path)
        assert await visitor.overflow() <= 0, path
        name = path.strip("/").split("?")[0].replace("/", "-") or "home"
        await visitor.look(f"phone-{size['width']}-{name[:20]}", pictures)
    await visitor.leave()


async def test_elder_mode_has_large_letters_and_targets_on_every_page(
    browser: Browser, onebox: Onebox, pictures: Path
) -> None:
    elder = await Visitor.come(browser, onebox, size=dict(PHONE))
    await elder.press("elder-switch")
    for path in [*PAGES, f"/items/{onebox.demo['item']}"]:
        await elder.open(path)
        letters = await elder.page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
        assert letters >= 24, path
        heights = await elder.page.locator("main .button").evaluate_all(
            "found => found.map(one => one.getBoundingClientRect().height).filter(Boolean)"
        )
        assert all(height >= 60 for height in heights), (path, heights)
        assert await elder.overflow() <= 0, path
        name = path.strip("/").split("?")[0].replace("/", "-") or "home"
        await elder.look(f"elder-{name[:20]}", pictures)
    await elder.leave()


async def test_chinese_comes_first_and_english_by_a_switch(
    browser: Browser, onebox: Onebox, pictures: Path
) -> None:
    context = await browser.new_context(locale="en-US")
    page = await context.new_page()
    await page.goto(onebox.base)
    assert await page.get_attribute("html", "lang") == "zh-CN"
    await page.get_by_test_id("language-switch").click()
    await page.wait_for_load_state()
    assert await page.get_attribute("html", "lang") == "en"
    visitor = Visitor(context, page, onebox)
    for path in PAGES:
        await visitor.open(path)
        await visitor.look(f"english-{path.strip('/').split('?')[0] or 'home'}", pictures)
    await context.close()


async def test_the_search_can_be_done_by_keyboard_alone(browser: Browser, onebox: Onebox) -> None:
    visitor = await Visitor.come(browser, onebox)
    await visitor.page.keyboard.press("Tab")
    focused = await visitor.page.evaluate("document.activeElement.getAttribute('href')")
    assert focused is not None
    assert focused.startswith("#")
    await visitor.page.get_by_test_id("search-box").first.focus()
    await visitor.page.keyboard.type("居住证")
    await visitor.page.keyboard.press("Enter")
    await visitor.page.wait_for_url("**/search?**")
    assert "居住证" in await visitor.page.get_by_test_id("first-result").first.inner_text()
    await visitor.leave()


async def test_a_page_that_is_not_there_says_so_with_a_code_and_a_phone(
    browser: Browser, onebox: Onebox, pictures: Path
) -> None:
    visitor = await Visitor.come(browser, onebox)
    await visitor.open("/nowhere")
    shown = await visitor.page.inner_text("body")
    assert "12345" in shown
    await visitor.look("not-found", pictures)
    await visitor.leave()
