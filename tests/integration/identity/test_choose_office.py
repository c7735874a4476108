"""Who has several offices works in one of them at a time, and says in which."""

from collections.abc import AsyncGenerator

import pytest

from tests.support.desk import HALL, Desk, at_desk
from tests.support.identity import DEPARTMENT, Browser, World, claims, returned

SCOPE = "openid staff cases.handle cases.read"


@pytest.fixture
async def desk(world: World) -> AsyncGenerator[Desk]:
    async with at_desk(world) as ready:
        yield ready


async def test_with_one_office_nothing_is_asked(desk: Desk) -> None:
    browser = Browser(desk.world)
    assert (await browser.log_in("officer", scope=SCOPE)).is_redirect
    await browser.close()


async def test_each_of_two_offices_gives_its_own_token(desk: Desk) -> None:
    second = await desk.join("officer", "clerk", department=HALL)
    first = desk.world.seeded.staff["officer"]
    said = claims(await desk.token("officer", first))["staff"]
    assert (said["id"], said["department"], said["roles"]) == (first, DEPARTMENT, ["officer"])
    said = claims(await desk.token("officer", second))["staff"]
    assert (said["id"], said["department"], said["roles"]) == (second, HALL, ["clerk"])


async def test_the_last_choice_is_preselected_and_silently_taken(desk: Desk) -> None:
    second = await desk.join("officer", "clerk", department=HALL)
    browser = Browser(desk.world)
    page = await browser.log_in("officer", scope=SCOPE)
    assert page.text.count("checked") == 1
    silent = await browser.authorize(scope=SCOPE, prompt="none")
    assert returned(silent)["error"] == "interaction_required"
    await browser.submit(page, office=second)
    again = await browser.authorize(scope=SCOPE)
    assert f'value="{second}" checked' in again.text
    silent = await browser.authorize(scope=SCOPE, prompt="none")
    issued = await desk.world.token(browser.redemption(returned(silent)["code"]))
    assert claims(issued.json()["access_token"])["staff"]["id"] == second
    await browser.close()


async def test_nobody_chooses_an_office_of_somebody_else(desk: Desk) -> None:
    await desk.join("officer", "clerk", department=HALL)
    browser = Browser(desk.world)
    page = await browser.log_in("officer", scope=SCOPE)
    for other in (desk.world.seeded.staff["security"], "stf_nobody", "myself", ""):
        again = await browser.submit(page, office=other)
        assert again.status_code == 400
        assert "重新选择" in again.text
    await browser.close()


async def test_after_one_of_two_has_ended_the_other_goes_on(desk: Desk) -> None:
    second = await desk.join("officer", "clerk", department=HALL)
    first = desk.world.seeded.staff["officer"]
    assert (await desk.get("officer", "/v1/roles", office=second)).status_code == 200
    await desk.done("security", f"/v1/staff/{second}/deactivate")
    assert (await desk.get("officer", "/v1/roles", office=second)).status_code == 401
    assert claims(await desk.new_token("officer"))["staff"]["id"] == first
