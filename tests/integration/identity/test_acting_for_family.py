"""Acting for a child or an elder: proved, asked, consented to, limited, and over at once."""

import re
from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import orjson
import pytest

from deploy.demo.department.app import create_app as create_department
from deploy.demo.department.settings import Settings as DepartmentSettings
from shared import clock
from shared.clock import now
from tests.support.exchange import serving
from tests.support.identity import (
    PASSWORD,
    Browser,
    World,
    claims,
    later,
    running_identity,
)

ACCOUNT = "/identity/account"
CHILD = ("王一诺", "990102201605200039")
FATHER = ("王海涛", "990102198801270750")
ELDER = ("吴桂兰", "990102194405090645")
STRANGER = ("何小北", "990121199909300310")
FOURTEEN = datetime(2030, 5, 20, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
async def world(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[World]:
    """Identity beside the demo's register of the population, on a real socket."""
    department = DepartmentSettings(KEYS_FOLDER=tmp_path / "keys", down_file=tmp_path / "down")
    socket = tmp_path_factory.mktemp("r") / "r.sock"
    async with (
        serving(create_department(department), socket) as url,
        running_identity(
            tmp_path, register_url=url, register_key_file=department.key_file
        ) as running,
    ):
        yield running


async def signed_up(world: World, name: str, facts: tuple[str, str] | None = None) -> Browser:
    """A new account in a browser of its own, at level 2 when there are facts."""
    await world.provider.register_person(
        login_name=name, phone=f"199{len(name):08d}", password=PASSWORD, address=name
    )
    browser = await opened(world, name)
    if facts is not None:
        answer = await act(
            browser, "level", act="facts", name=facts[0], id_number=facts[1], card=""
        )
        assert "二级" in answer.text, answer.text
    return browser


async def opened(world: World, who: str) -> Browser:
    """A browser in which somebody is logged in to his account."""
    browser = Browser(world)
    page = await browser.follow(await browser.http.get(ACCOUNT))
    await browser.submit(page, username=who, password=PASSWORD)
    return browser


async def act(browser: Browser, section: str, **fields: str) -> httpx.Response:
    """Send one of the forms of a page of the account."""
    page = await browser.http.get(f"{ACCOUNT}/{section}")
    token = re.search(r'name="token" value="([^"]+)"', page.text)
    assert token is not None, page.text
    sent = await browser.http.post(f"{ACCOUNT}/{section}", data={"token": token[1], **fields})
    return await browser.follow(sent)


async def tokens_for(browser: Browser, delegation: str) -> dict[str, str]:
    """The portal's tokens when this one is chosen."""
    page = await browser.authorize()
    left = await browser.submit(page, **{"for": delegation})
    code = httpx.URL(left.headers["location"]).params["code"]
    answer = await browser.world.token(browser.redemption(code))
    assert answer.status_code == 200, answer.text
    found: dict[str, str] = answer.json()
    return found


def sms(world: World, template: str) -> list[dict[str, str]]:
    """What was sent."""
    if not world.messages_file.exists():
        return []
    lines = [orjson.loads(line) for line in world.messages_file.read_bytes().splitlines()]
    return [line["values"] | {"to": line["to"]} for line in lines if line["template"] == template]


async def held(browser: Browser) -> list[str]:
    """The delegations among which the person chooses."""
    page = await browser.authorize()
    await browser.http.get(page.url.path.replace("/choose/", "/cancel/"))
    return re.findall(r'value="(dlg_[0-9a-f]+)"', page.text)


async def test_a_father_acts_for_his_child_until_it_is_fourteen(world: World) -> None:
    father = await signed_up(world, "father", FATHER)
    added = await act(father, "family", act="child", name=CHILD[0], id_number=CHILD[1])
    assert "王一诺" in added.text
    (delegation,) = await held(father)
    said = claims((await tokens_for(father, delegation))["access_token"])
    assert said["on_behalf_of"]["type"] == "person"
    assert said["sub"] != said["on_behalf_of"]["id"]
    assert said["on_behalf_of"]["exp"] == int(FOURTEEN.timestamp())
    with clock.at(later(days=366 * 4)):
        grown = await opened(world, "father")
        assert (await grown.authorize()).is_redirect


async def test_the_register_decides_whose_child_it_is(world: World) -> None:
    stranger = await signed_up(world, "stranger", STRANGER)
    refused = await act(stranger, "family", act="child", name=CHILD[0], id_number=CHILD[1])
    assert "没有查到监护关系" in refused.text
    assert (await stranger.authorize()).is_redirect


async def test_without_a_proved_name_nobody_acts_for_a_child(world: World) -> None:
    unknown = await signed_up(world, "unknown")
    refused = await act(unknown, "family", act="child", name=CHILD[0], id_number=CHILD[1])
    assert "二级实名认证" in refused.text


async def test_an_elder_consents_on_her_own_account_and_takes_it_back(world: World) -> None:
    elder = await signed_up(world, "granny", ELDER)
    daughter = await opened(world, "citizen")
    assert "申请已送出" in (await ask(daughter, ELDER)).text
    assert await chosen_for_nobody(daughter)
    page = await elder.http.get(f"{ACCOUNT}/delegations")
    (asked,) = set(re.findall(r'value="(ent_[0-9a-f]+)"', page.text))
    assert "张若溪申请代您办事" in page.text
    await act(elder, "delegations", act="consent", id=asked)
    (delegation,) = await held(daughter)
    issued = await tokens_for(daughter, delegation)
    said = claims(issued["access_token"])["on_behalf_of"]
    assert said["items"] == ["ITEM-1"]
    async with world.http() as api:
        headers = {"Authorization": f"Bearer {issued['access_token']}"}
        mine = await api.get("/v1/me/principal", params={"item": "ITEM-1"}, headers=headers)
        assert mine.json()["id_number"] == ELDER[1]
        other = await api.get("/v1/me/principal", params={"item": "ITEM-2"}, headers=headers)
        assert other.status_code == 403
        assert "代理" in (await elder.http.get(ACCOUNT)).text  # she sees who read her record
        await act(elder, "delegations", act="revoke", id=delegation)
        over = await api.get("/v1/me/principal", params={"item": "ITEM-1"}, headers=headers)
        assert over.status_code == 401


async def test_an_elder_tells_the_code_that_she_got(world: World) -> None:
    await signed_up(world, "granny", ELDER)
    daughter = await opened(world, "citizen")
    page = await ask(daughter, ELDER)
    (asked,) = set(re.findall(r'value="(ent_[0-9a-f]+)"', page.text))
    (sent,) = sms(world, "consent_code")
    assert sent["who"] == "张若溪"
    wrong = "000000" if sent["code"] != "000000" else "111111"
    assert "验证码不正确" in (await act(daughter, "family", act="code", id=asked, code=wrong)).text
    stranger = await opened(world, "agent")
    refused = await act(stranger, "family", act="code", id=asked, code=sent["code"])
    assert "验证码不正确" in refused.text
    await act(daughter, "family", act="code", id=asked, code=sent["code"])
    assert len(await held(daughter)) == 1


async def test_a_code_is_guessed_five_times_and_lives_ten_minutes(world: World) -> None:
    await signed_up(world, "granny", ELDER)
    for guesses, moment in ((5, later(seconds=1)), (0, later(minutes=11))):
        daughter = await opened(world, "citizen")
        page = await ask(daughter, ELDER)
        asked = re.findall(r'value="(ent_[0-9a-f]+)"', page.text)[-1]
        code = sms(world, "consent_code")[-1]["code"]
        wrong = f"{(int(code) + 1) % 10**6:06d}"
        for _ in range(guesses):
            await act(daughter, "family", act="code", id=asked, code=wrong)
        with clock.at(moment):
            late = await act(daughter, "family", act="code", id=asked, code=code)
        assert "验证码不正确" in late.text
        assert await chosen_for_nobody(daughter)


async def test_whether_somebody_has_an_account_is_not_told_by_asking(world: World) -> None:
    await signed_up(world, "granny", ELDER)
    daughter = await opened(world, "citizen")
    pages = [
        await ask(daughter, whom)
        for whom in (ELDER, ("吴桂花", ELDER[1]), ("赵无此", "990102195001010017"))
    ]
    shown = [re.sub(r"[0-9a-f]{32,}|吴|赵|\*", "", page.text) for page in pages]
    rows = [text.count("家人告诉您的验证码") for text in shown]
    assert rows == [1, 2, 3]
    assert len(sms(world, "consent_code")) == 1


async def test_nobody_consents_for_another(world: World) -> None:
    await signed_up(world, "granny", ELDER)
    daughter = await opened(world, "citizen")
    page = await ask(daughter, ELDER)
    (asked,) = set(re.findall(r'value="(ent_[0-9a-f]+)"', page.text))
    stranger = await opened(world, "agent")
    refused = await act(stranger, "delegations", act="consent", id=asked)
    assert "这一项已经失效" in refused.text
    assert await chosen_for_nobody(daughter)


async def ask(browser: Browser, whom: tuple[str, str]) -> httpx.Response:
    """Ask to act for a relative in one item for a year."""
    return await act(
        browser,
        "family",
        act="relative",
        name=whom[0],
        id_number=whom[1],
        items="ITEM-1",
        until=(now() + timedelta(days=365)).date().isoformat(),
    )


async def chosen_for_nobody(browser: Browser) -> bool:
    """Whether the person may act for himself only: then nothing is asked."""
    return (await browser.authorize()).is_redirect
