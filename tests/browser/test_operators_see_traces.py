"""Operators follow a case through all services: the search, the waterfall, the case's own axis."""

import time
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.support.journey import Journey
from tests.support.onebox import Onebox
from tests.support.visitor import NARROW, PHONE, Visitor

NOBODYS = "0" * 31 + "1"


@pytest.fixture(scope="module")
def number(onebox: Onebox) -> str:
    """A case from its submission to its delivery, and a moment for its spans to arrive."""
    journey = Journey(onebox)
    try:
        journey.walk()
        time.sleep(3)
    finally:
        journey.close()
    return journey.number


async def come(browser: Browser, onebox: Onebox, **options: object) -> Visitor:
    operator = await Visitor.come(browser, onebox, **options)  # type: ignore[arg-type]
    await operator.open("/ops/traces")
    await operator.log_in("administrator")
    return operator


async def into_the_submission(operator: Visitor, number: str) -> None:
    """From the search for a case to the trace of its submission."""
    await operator.page.fill("#t-case", number)
    await operator.press("search-traces")
    submission = operator.page.get_by_test_id("trace").filter(has_text="POST /v1/cases")
    async with operator.page.expect_navigation():
        await submission.first.click()


async def test_an_operator_follows_a_case_from_the_search_to_a_span(
    browser: Browser, onebox: Onebox, number: str, pictures: Path
) -> None:
    operator = await come(browser, onebox)
    await operator.look("ops-1-traces", pictures)
    assert await operator.page.get_by_test_id("trace").count() >= 5
    await see_the_case(operator, number, pictures)
    await operator.open("/ops/traces")
    await into_the_submission(operator, number)
    await see_the_waterfall(operator, number, pictures)
    await operator.open("/ops/traces/services")
    assert "办件服务" in await operator.page.get_by_test_id("figures").inner_text()
    assert "网关" in await operator.page.get_by_test_id("calls").inner_text()
    await operator.look("ops-6-figures", pictures)
    assert operator.faults == []
    await operator.leave()


async def see_the_case(operator: Visitor, number: str, pictures: Path) -> None:
    """All of a case on one axis: what was asked, and what the others were told."""
    await operator.page.fill("#t-case", number)
    await operator.press("search-traces")
    assert await operator.page.get_by_test_id("case").inner_text() == number
    told = "".join(await operator.page.get_by_test_id("event").all_inner_texts())
    for fact in ("办件已提交", "办件已受理", "办件已作出决定", "结果已送达"):
        assert fact in told
    await operator.look("ops-2-case", pictures)


async def see_the_waterfall(operator: Visitor, number: str, pictures: Path) -> None:
    """Services and events on one axis; a step's attributes; only what it set off; and back."""
    page = operator.page
    spans = page.get_by_test_id("span")
    services = " ".join(await spans.locator("summary").all_inner_texts())
    assert {"网关", "办件服务", "数据共享"} <= set(services.split())
    assert "办件已提交" in "".join(await page.get_by_test_id("event").all_inner_texts())
    await operator.look("ops-3-waterfall", pictures)
    step = spans.filter(has_text="POST /v1/cases").filter(has=page.get_by_test_id("zoom")).last
    await step.locator("summary").click()
    assert number in await step.inner_text()
    await operator.look("ops-4-span", pictures)
    all_of_them = await spans.count()
    await step.get_by_test_id("zoom").click()
    await page.wait_for_url("**zoom=**")
    assert 0 < await spans.count() < all_of_them
    await operator.look("ops-5-zoom", pictures)
    await operator.press("whole")
    assert await spans.count() == all_of_them


@pytest.mark.parametrize("size", [PHONE, NARROW], ids=["phone", "320 px"])
async def test_traces_fit_a_phone_and_elders_letters(
    browser: Browser, onebox: Onebox, number: str, pictures: Path, size: dict[str, int]
) -> None:
    operator = await come(browser, onebox, size=dict(size))
    await into_the_submission(operator, number)
    addresses = [operator.page.url, f"{onebox.base}/ops/traces?case={number}",
                 f"{onebox.base}/ops/traces", f"{onebox.base}/ops/traces/services"]  # fmt: skip
    for elder in (False, True):
        if elder:
            await operator.press("elder-switch")
        for at, address in enumerate(addresses):
            await operator.page.goto(address)
            assert await operator.overflow() <= 0, address
            if at == 0:
                await operator.page.get_by_test_id("span").nth(1).locator("summary").click()
                assert await operator.overflow() <= 0, address
            if size == PHONE:
                await operator.look(f"ops-{'elder' if elder else 'phone'}-{at}", pictures)
    await operator.leave()


async def test_traces_are_read_in_english_and_without_scripts(
    browser: Browser, onebox: Onebox, number: str
) -> None:
    operator = await come(browser, onebox, scripts=False)
    await operator.press("language-switch")
    await into_the_submission(operator, number)
    events = "".join(await operator.page.get_by_test_id("event").all_inner_texts())
    assert "Case submitted" in events
    span = operator.page.get_by_test_id("span").nth(1)
    await span.locator("summary").click()
    assert await span.locator("dl").is_visible()
    await operator.leave()


async def test_a_trace_that_is_not_kept_and_a_wrong_number_are_told(
    browser: Browser, onebox: Onebox, pictures: Path
) -> None:
    operator = await come(browser, onebox)
    await operator.open(f"/ops/traces/{NOBODYS}")
    assert "轨迹已过保留期" in await operator.page.get_by_test_id("gone").inner_text()
    operator.faults.clear()  # the console says that the page was a 404
    await operator.look("ops-gone", pictures)
    await operator.open("/ops/traces?case=123")
    assert "30 位" in await operator.page.locator("#t-case-e").inner_text()
    await operator.look("ops-wrong", pictures)
    await operator.leave()
