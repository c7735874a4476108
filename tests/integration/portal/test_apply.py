"""From the guide to the receipt."""

import asyncio
import re
from typing import Any

import pytest

ANSWERS = {"phone": "19900000001", "child": "李沐禾", "delivery": "自取"}


def address(page: Any) -> str:
    """Where the form of a page is posted to."""
    found = re.search(r'<form id="form"[^>]* action="([^"]+)"', page.text)
    assert found, page.text[:2000]
    return found[1]


async def check(browser: Any) -> Any:
    """The check page of a filled-in form."""
    form = await browser.visit("/items/item-1/apply")
    return await browser.submit(form, address(form), _next="1", **ANSWERS)


def submit_path(page: Any) -> str:
    """Where the check page sends the application."""
    return str(page.url.raw_path.decode()).replace("/check?", "/submit?")


async def test_the_form_is_filled_from_what_departments_know(browser: Any, gateway: Any) -> None:
    page = await browser.visit("/items/item-1/apply")
    assert "湖滨路20号" in page.text
    assert "云州市公安局" in page.text
    assert "若干规定第十条" in page.text
    asked = [body for _, path, body in gateway.calls if path.endswith("/query")]
    assert asked == [
        {"key": {"person": "psn_0190a1b2"}, "purpose": "prefill", "item": "item-1",
         "fields": ["household_address"]}
    ]  # fmt: skip


async def test_showing_the_form_again_asks_nobody_again(browser: Any, gateway: Any) -> None:
    page = await browser.visit("/items/item-1/apply")
    calls = len(gateway.calls)
    await browser.visit(page.url.raw_path.decode())
    assert len(gateway.calls) == calls


@pytest.mark.parametrize("silent", ["population/household", "exchange"])
async def test_a_silent_source_opens_its_field(browser: Any, gateway: Any, silent: str) -> None:
    gateway.down.add(silent)
    page = await browser.visit("/items/item-1/apply")
    assert "部门的系统暂时连不上，请先自己填写" in page.text
    done = await browser.submit(page, address(page), _next="1", address="自己填的", **ANSWERS)
    assert "提交前请核对" in done.text
    assert next(iter(gateway.cases.values()))["form"]["address"] == "自己填的"


async def test_a_value_that_stands_cannot_be_posted_over(browser: Any, gateway: Any) -> None:
    form = await browser.visit("/items/item-1/apply")
    await browser.submit(form, address(form), _next="1", name="别人", address="别处", **ANSWERS)
    kept = next(iter(gateway.cases.values()))["form"]
    assert (kept["name"], kept["address"]) == ("张若溪", "湖滨路20号")


async def test_mistakes_are_summed_up_and_keep_what_was_typed(browser: Any) -> None:
    form = await browser.visit("/items/item-1/apply")
    page = await browser.submit(form, address(form), _next="1", child="李", delivery="邮寄")
    assert page.status_code == 422
    assert "<title>错误：" in page.text
    assert '<a href="#f-child">孩子姓名至少要写 2 个字</a>' in page.text
    assert '<a href="#f-post">请填写邮寄地址</a>' in page.text
    assert 'value="李"' in page.text


async def test_all_answers_are_shown_before_they_are_sent(browser: Any, gateway: Any) -> None:
    page = await check(browser)
    assert page.url.path == "/items/item-1/check"
    assert "李沐禾" in page.text
    assert "更改" in page.text
    (case,) = gateway.cases.values()
    assert case["status"] == "draft"


async def test_without_the_promise_nothing_is_sent(browser: Any, gateway: Any) -> None:
    page = await check(browser)
    answer = await browser.submit(page, submit_path(page))
    assert answer.status_code == 422
    assert "请先勾选承诺" in answer.text
    assert next(iter(gateway.cases.values()))["status"] == "draft"


async def test_a_double_click_gives_one_case(browser: Any, gateway: Any) -> None:
    page = await check(browser)
    path = submit_path(page)
    receipts = await asyncio.gather(*(browser.submit(page, path, promise="1") for _ in range(3)))
    (number,) = gateway.cases
    assert [receipt.url.path for receipt in receipts] == [f"/me/cases/{number}/receipt"] * 3
    assert number in receipts[0].text


async def test_going_back_and_sending_again_shows_the_same_receipt(
    browser: Any, gateway: Any
) -> None:
    page = await check(browser)
    await browser.submit(page, submit_path(page), promise="1")
    again = await browser.submit(page, submit_path(page), promise="1")
    form = await browser.visit(page.url.raw_path.decode().replace("/check?", "/apply?"))
    (number,) = gateway.cases
    assert again.url.path == form.url.path == f"/me/cases/{number}/receipt"


async def test_a_double_click_on_next_makes_one_draft(browser: Any, gateway: Any) -> None:
    form = await browser.visit("/items/item-1/apply")
    await asyncio.gather(
        *(browser.submit(form, address(form), _next="1", **ANSWERS) for _ in range(3))
    )
    assert len(gateway.cases) == 1


async def test_while_cases_are_away_nothing_is_lost_and_nothing_sent_twice(
    browser: Any, gateway: Any
) -> None:
    page = await check(browser)
    gateway.down.add("cases")
    failed = await browser.submit(page, submit_path(page), promise="1")
    assert failed.status_code == 503
    assert "还没有提交" in failed.text
    gateway.down.clear()
    receipt = await browser.submit(failed, submit_path(page), promise="1")
    assert receipt.url.path.endswith("/receipt")


async def test_what_the_service_finds_wrong_is_shown_at_its_field(
    browser: Any, gateway: Any
) -> None:
    page = await check(browser)
    gateway.refused = {"status": 422, "slug": "invalid-fields", "errors": [
        {"pointer": "/form/child", "detail": "孩子姓名里有生僻字。"}]}  # fmt: skip
    answer = await browser.submit(page, submit_path(page), promise="1")
    assert answer.status_code == 422
    assert '<a href="#f-child">孩子姓名里有生僻字。</a>' in answer.text


async def test_an_unfinished_form_is_found_again(browser: Any, gateway: Any) -> None:
    form = await browser.visit("/items/item-1/apply")
    saved = await browser.submit(form, address(form), _save="1", child="李沐禾")
    assert "已保存" in saved.text
    (number,) = gateway.cases
    mine = await browser.visit("/me")
    assert f"/items/item-1/apply?case={number}" in mine.text
    again = await browser.visit(f"/items/item-1/apply?case={number}")
    assert 'value="李沐禾"' in again.text


async def test_a_branch_is_redrawn_for_htmx_alone(browser: Any) -> None:
    form = await browser.visit("/items/item-1/apply")
    answer = await browser.post(
        address(form),
        data={"_csrf": re.findall(r'name="_csrf" value="([^"]+)"', form.text)[0],
              "delivery": "邮寄"},
        headers={"HX-Request": "true"},
    )  # fmt: skip
    assert answer.status_code == 200
    assert "邮寄地址" in answer.text
    assert "<html" not in answer.text


async def test_a_listed_item_is_linked_out_and_not_applied_for(browser: Any) -> None:
    page = await browser.visit("/items/item-2")
    assert "这一项不在本平台受理" in page.text
    assert "https://example.org/" in page.text
    assert "/apply" not in page.text
