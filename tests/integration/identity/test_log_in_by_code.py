"""A one-time code instead of a password: bound, short-lived, counted, and telling nothing."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from shared import clock
from tests.support.identity import Browser, World, claims, form_of, later, returned

PHONE = "19900000001"


async def _ask(browser: Browser, to: str = PHONE) -> httpx.Response:
    page = await browser.authorize()
    asking = await browser.http.get(f"{page.url.path}/code")
    return await browser.submit(asking, "/code", to=to)


async def _typed(browser: Browser, page: httpx.Response, code: str) -> httpx.Response:
    return await browser.submit(page, "/code/typed", code=code)


def _interaction(page: httpx.Response) -> str:
    return page.url.path.removeprefix("/identity/login/").split("/")[0]


def _sent(world: World) -> str:
    return str(world.messages()[-1]["values"]["code"])


@pytest.mark.parametrize(
    ("to", "amr", "acr"),
    [(PHONE, ["otp", "sms"], "l3"), ("citizen@example.org", ["otp"], "l2")],
)
async def test_a_code_logs_in_and_the_token_says_how(
    browser: Browser, world: World, to: str, amr: list[str], acr: str
) -> None:
    page = await _ask(browser, to)
    assert world.messages()[-1]["to"] == to
    answer = await _typed(browser, page, f" {_sent(world)[:3]} {_sent(world)[3:]} ")
    issued = await world.token(browser.redemption(returned(answer)["code"]))
    said = claims(issued.json()["id_token"])
    assert said["sub"] == world.person("citizen")
    assert said["amr"] == amr
    assert said["acr"] == f"urn:tongban:acr:{acr}"


async def test_nobody_learns_whether_a_number_is_known(browser: Browser, world: World) -> None:
    known, unknown = await _ask(browser), await _ask(browser, "13999999999")
    assert (known.status_code, unknown.status_code) == (200, 200)
    texts = {
        page.text.split("<form")[0].replace(_interaction(page), "") for page in (known, unknown)
    }
    assert len(texts) == 1
    assert "已经发出" in texts.pop()
    assert len(world.messages()) == 1
    assert (await _typed(browser, unknown, "123456")).status_code == 400


async def test_a_code_is_good_once_and_for_five_minutes(browser: Browser, world: World) -> None:
    page = await _ask(browser)
    with clock.at(later(minutes=5, seconds=1)):
        late = await _typed(browser, page, _sent(world))
        assert late.status_code == 400
    action, hidden = form_of(page, "/code/typed")
    sent = hidden | {"code": _sent(world)}
    twice = await asyncio.gather(*(browser.http.post(action, data=sent) for _ in range(2)))
    assert sorted(one.status_code for one in twice) == [303, 400]


async def test_five_wrong_answers_end_a_code(browser: Browser, world: World) -> None:
    page = await _ask(browser)
    right = _sent(world)
    wrong = f"{(int(right) + 1) % 10**6:06}"
    for _ in range(5):
        assert (await _typed(browser, page, wrong)).status_code == 400
    assert (await _typed(browser, page, right)).status_code == 400


async def test_a_code_is_worth_nothing_in_another_browser(browser: Browser, world: World) -> None:
    await _ask(browser)
    thief = Browser(world)
    page = await thief.authorize()
    asking = await thief.http.get(f"{page.url.path}/code")
    theirs = await thief.submit(asking, "/code", to="13999999999")
    assert (await _typed(thief, theirs, _sent(world))).status_code == 400
    await thief.close()


async def test_one_number_is_sent_one_code_a_minute_then_fewer(
    browser: Browser, world: World
) -> None:
    moment = later()
    for wait in (60, 120, 240):
        with clock.at(moment):
            assert (await _ask(browser)).status_code == 200
            held = await _ask(browser)
            assert (held.status_code, held.headers["retry-after"]) == (429, str(wait))
        moment += timedelta(seconds=wait)
    assert len(world.messages()) == 3


async def test_one_address_is_held_that_asks_for_many_numbers(browser: Browser) -> None:
    with clock.at(later()):
        answers = [await _ask(browser, f"139000000{n:02}") for n in range(23)]
    assert [one.status_code for one in answers][-2:] == [429, 429]
    assert [one.status_code for one in answers][:20] == [200] * 20


async def test_what_is_no_number_is_said_to_be_none(browser: Browser) -> None:
    answer = await _ask(browser, "12345")
    assert answer.status_code == 400
    assert "手机号码应为 11 位数字" in answer.text
