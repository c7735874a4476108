"""The main job as people do it: a mother applies, an officer accepts and decides, she sees it."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Browser, Route

from tests.support.onebox import Onebox
from tests.support.visitor import PHONE, Visitor

WORDS = "孩子刚出生要上户口"
ANSWERS = {"relationship": "母亲", "settle_with": "母亲", "delivery": "到窗口领取"}


async def find(mother: Visitor, pictures: Path | None) -> None:
    """From the search box to the login."""
    await mother.look("1-home", pictures)
    await mother.page.get_by_test_id("search-box").first.fill(WORDS)
    await mother.press("search-button")
    await mother.look("2-search", pictures)
    await mother.press("first-result")
    assert "出生登记" in await mother.page.title()
    await mother.look("3-guide", pictures)
    await mother.press("apply-button")
    await mother.look("4-login", pictures)


async def apply(mother: Visitor, pictures: Path | None = None, *, presses: int = 1) -> str:
    """From the search to the receipt; gives the case number."""
    page = mother.page
    await find(mother, pictures)
    await mother.log_in("citizen")
    await mother.look("5-form", pictures)
    assert await page.input_value("#f-child_name") == "李沐禾"
    await mother.press("next-button")
    assert (await page.title()).startswith("错误")
    await mother.look("6-errors", pictures)
    for name, value in ANSWERS.items():
        await mother.answer(name, value)
    await mother.press("next-button")
    if "错误" in await page.title():  # a branch that an answer opened is shown now
        await mother.press("next-button")
    await mother.look("7-check", pictures)
    await page.locator("#f-promise").check()
    await page.get_by_test_id("submit-button").click(click_count=presses)
    await page.wait_for_url("**/receipt")
    await mother.look("8-receipt", pictures)
    number = await page.get_by_test_id("case-number").first.inner_text()
    assert len(number) == 30
    return number


async def handle(officer: Visitor, number: str, pictures: Path) -> None:
    """Accept, decide and deliver on the desk."""
    page = officer.page
    await officer.open("/desk")
    await officer.log_in("officer")
    await officer.look("10-desk", pictures)
    await officer.open(f"/desk/cases/{number}")
    await officer.look("11-desk-case", pictures)
    choices = {
        "decide": "[name=outcome][value=granted]",
        "deliver": "[name=means][value=electronic]",
    }
    for act in ("accept", "decide", "deliver"):
        if await page.get_by_test_id(f"do-{act}").is_hidden():
            await page.get_by_test_id(f"open-{act}").click()
        if act in choices:
            await page.check(choices[act])
        await officer.press(f"do-{act}")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
async def test_a_mother_applies_and_an_officer_handles_it(
    browser: Browser, onebox: Onebox, pictures: Path, scripts: bool
) -> None:
    mother = await Visitor.come(browser, onebox, scripts=scripts)
    number = await apply(mother, pictures)
    await mother.press("progress-link")
    status = mother.page.get_by_test_id("case-status").first
    before = await status.inner_text()
    await mother.look("9-progress", pictures)
    officer = await Visitor.come(browser, onebox, scripts=scripts)
    await handle(officer, number, pictures)
    await mother.open(f"/me/cases/{number}")
    assert await status.inner_text() != before
    await mother.look("12-delivered", pictures)
    await mother.leave()
    await officer.leave()


async def test_a_whole_application_breaks_no_content_policy(
    browser: Browser, onebox: Onebox
) -> None:
    mother = await Visitor.come(browser, onebox)
    await apply(mother)
    await mother.page.get_by_test_id("account").hover()
    await mother.page.get_by_test_id("account").click()
    assert mother.faults == []
    await mother.leave()


async def test_a_double_press_back_and_reload_give_one_case(
    browser: Browser, onebox: Onebox
) -> None:
    mother = await Visitor.come(browser, onebox)
    number = await apply(mother, presses=2)
    await mother.page.go_back()
    await mother.page.reload()
    assert await mother.page.get_by_test_id("case-number").first.inner_text() == number
    await mother.open("/me")
    assert await mother.page.locator(f"main a[href*='{number}']").count() == 1
    await mother.leave()


async def test_what_is_answered_while_the_line_is_slow_is_kept(
    browser: Browser, onebox: Onebox
) -> None:
    mother = await Visitor.come(browser, onebox)
    await mother.open(f"/items/{onebox.demo['item']}/apply")
    await mother.log_in("citizen")

    async def slowly(route: Route) -> None:
        if route.request.headers.get("hx-request"):
            await asyncio.sleep(1)
        await route.continue_()

    await mother.page.route("**/apply**", slowly)
    page = mother.page
    await page.check("[name='settle_with'][value='母亲']")
    await page.check("[name='delivery'][value='邮寄到家']")
    await page.check("[name='relationship'][value='母亲']")
    await page.fill("[name='declarant_phone']", "19900000009")
    await page.wait_for_selector("[name='delivery_address']")
    assert await page.is_checked("[name='relationship'][value='母亲']")
    assert await page.is_checked("[name='delivery'][value='邮寄到家']")
    assert await page.input_value("[name='declarant_phone']") == "19900000009"
    assert await page.input_value("[name='household_number']") == "990102001"
    await mother.leave()


async def test_a_source_that_is_down_opens_its_fields_for_typing(
    browser: Browser, onebox: Onebox, pictures: Path
) -> None:
    down = onebox.folder / "department.down"
    down.touch()
    try:
        mother = await Visitor.come(browser, onebox, size=dict(PHONE))
        await mother.open(f"/items/{onebox.demo['item']}/apply")
        await mother.log_in("citizen")
        child = mother.page.locator("#f-child_name")
        assert await child.input_value() == ""
        assert await child.is_editable()
        assert "自填" in await mother.page.inner_text("main")
        await mother.look("13-source-down-phone", pictures)
        await mother.leave()
    finally:
        down.unlink()
