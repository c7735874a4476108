"""Administrators and officers at the pages for staff, without a script."""

import re
from collections.abc import AsyncGenerator

import httpx
import pytest

from services.identity.store.staff import find_staff
from shared import clock
from tests.support.desk import Desk, at_desk
from tests.support.identity import PASSWORD, Browser, World, later

ROOT = "/identity/administration/staff"


class Room:
    """The pages in the browser of somebody who is logged in."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser

    async def enter(self, who: str) -> httpx.Response:
        page = await self.browser.follow(await self.browser.http.get(ROOT))
        return await self.browser.submit(page, username=who, password=PASSWORD)

    async def open(self, office: str = "", **query: str) -> httpx.Response:
        return await self.browser.http.get(f"{ROOT}/{office}".rstrip("/"), params=query)

    async def do(self, office: str, act: str, **fields: str) -> httpx.Response:
        page = await self.open(office)
        token = re.search(r'name="token" value="([^"]*)"', page.text)
        sent = {"token": token[1] if token else "", "act": act, **fields}
        answer = await self.browser.http.post(f"{ROOT}/{office}", data=sent)
        return await self.browser.follow(answer)


@pytest.fixture
async def desk(world: World) -> AsyncGenerator[Desk]:
    async with at_desk(world) as ready:
        yield ready


@pytest.fixture
async def room(desk: Desk) -> AsyncGenerator[Room]:
    browser = Browser(desk.world)
    yield Room(browser)
    await browser.close()


async def test_the_list_is_behind_the_login_and_shows_ones_own(desk: Desk, room: Room) -> None:
    page = await room.enter("officer")
    assert page.status_code == 200
    assert "江涛" in page.text
    assert "户籍民警" in page.text
    english = await room.open(lang="en")
    assert "Case officer" in english.text
    none = await room.open(status="deactivated", department="x" * 60)
    assert "Nobody fits" in none.text
    del desk


async def test_who_is_not_staff_is_told_so(room: Room) -> None:
    page = await room.enter("citizen")
    assert page.status_code == 403
    assert "没有工作岗位" in page.text


async def test_the_security_administrator_grants_and_ends(desk: Desk, room: Room) -> None:
    office = desk.world.seeded.staff["officer"]
    await room.enter("security")
    page = await room.do(office, "grant-role", role="data_officer")
    assert "已办理" in page.text
    assert "数据官" in page.text
    conflict = await room.do(office, "grant-role", role="inspector")
    assert conflict.status_code == 409
    assert "职责分离" in conflict.text
    await room.do(office, "take-role", role="data_officer")
    page = await room.do(office, "deactivate")
    assert "已停用" in page.text
    async with desk.world.provider.db.read() as connection:
        held = await find_staff(connection, office)
    assert held is not None
    assert (held.status, held.office.roles) == ("deactivated", ("officer",))


async def test_an_officer_names_a_deputy_and_ends_it(desk: Desk, room: Room) -> None:
    colleague = await desk.join("owner", "clerk")
    office = desk.world.seeded.staff["officer"]
    await room.enter("officer")
    page = await room.do(office, "depute", deputy=colleague, until="")
    assert page.status_code == 409
    until = later(days=3).date().isoformat()
    page = await room.do(office, "depute", deputy=colleague, until=until)
    found = re.search(r'name="deputation" value="(dpt_[^"]+)"', page.text)
    assert found is not None
    page = await room.do(office, "end-deputation", deputation=found[1])
    assert "已结束" in page.text


async def test_what_is_not_ones_duty_is_neither_offered_nor_done(desk: Desk, room: Room) -> None:
    office = desk.world.seeded.staff["officer"]
    await room.enter("auditor")
    assert 'value="grant-role"' not in (await room.open(office)).text
    other = await desk.join("owner", "clerk")
    page = await room.do(other, "deactivate")
    assert page.status_code == 400  # the page has no form, so no token
    async with desk.world.provider.db.read() as connection:
        held = await find_staff(connection, other)
    assert held is not None
    assert held.active
    elsewhere = await desk.join("agent", "clerk", region="990121000000", department="X" * 18)
    assert (await room.open(elsewhere)).status_code == 400


async def test_a_change_wants_a_login_of_the_last_minutes(desk: Desk, room: Room) -> None:
    office = desk.world.seeded.staff["officer"]
    await room.enter("security")
    with clock.at(later(minutes=20)):
        page = await room.do(office, "deactivate")
    assert 'name="password"' in page.text
    async with desk.world.provider.db.read() as connection:
        held = await find_staff(connection, office)
    assert held is not None
    assert held.active
