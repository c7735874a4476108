"""Levels (`acr`): a wish never fails, what is essential leads to a page that says how to rise."""

import json

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.commands.levels import Rise
from services.identity.domain.logins import Login
from services.identity.store import logins
from tests.support.identity import PASSWORD, Browser, World, claims, returned

L = "urn:tongban:acr:l"


def essential(*levels: str) -> str:
    return json.dumps({"id_token": {"acr": {"essential": True, "values": list(levels)}}})


async def test_acr_values_are_a_wish_and_never_fail(browser: Browser) -> None:
    for wish in (f"{L}4", f"{L}1 {L}2", "urn:mace:incommon:iap:silver", "0"):
        issued = await browser.tokens("citizen", scope="openid", acr_values=wish)
        assert claims(issued["id_token"])["acr"] == f"{L}3"


async def test_a_level_that_is_reached_stands_in_the_id_token(browser: Browser) -> None:
    for asked, told in ((essential(f"{L}3"), "3"), (essential(f"{L}1", f"{L}2"), "2")):
        issued = await browser.tokens("citizen", scope="openid", claims=asked)
        assert claims(issued["id_token"])["acr"] == f"{L}{told}"
        assert claims(issued["access_token"])["acr"] == f"{L}3"


async def test_a_higher_level_leads_to_a_page_and_on_when_it_is_reached(
    browser: Browser, world: World
) -> None:
    async def has_no_card(_: AsyncConnection, login: Login) -> bool:
        return login.level < 4

    world.provider.levels.register(
        Rise(
            name="window",
            level=4,
            zh="到大厅核验身份证",
            en="Show your card",
            page="proofing/window",
            open_to=has_no_card,
        )
    )
    page = await browser.log_in("citizen", claims=essential(f"{L}4"))
    assert "/step-up/" in page.url.path
    assert "L4" in page.text
    assert "到大厅核验身份证" in page.text
    waits = page.url.path.rpartition("/")[2]
    assert (
        f"/identity/proofing/window?back=http%3A%2F%2Flocalhost%3A8000%2Fidentity%2Fauthorize%2F{waits}"
        in page.text
    )
    again = await browser.http.get(f"/identity/authorize/{waits}")
    assert "/step-up/" in again.headers["location"]
    await _raise(browser, world, 4)
    done = await browser.follow(await browser.http.get(f"/identity/authorize/{waits}"))
    if not done.is_redirect:
        done = await browser.submit(done, **{"for": "myself"})
    issued = (await world.token(browser.redemption(returned(done)["code"]))).json()
    assert claims(issued["id_token"])["acr"] == f"{L}4"


async def test_who_does_not_rise_goes_back_unmet(browser: Browser) -> None:
    page = await browser.log_in("citizen", claims=essential(f"{L}4"))
    assert "12345" in page.text
    left = await browser.http.get(page.url.path.replace("/step-up/", "/cancel/"))
    assert returned(left)["error"] == "unmet_authentication_requirements"


async def test_a_level_that_does_not_exist_can_never_be_met(browser: Browser) -> None:
    for asked in (essential("urn:x"), essential(f"{L}5"), essential(f"{L}٣")):
        told = returned(await browser.authorize(claims=asked))
        assert told["error"] == "unmet_authentication_requirements", asked


async def test_silently_nobody_rises(browser: Browser) -> None:
    await browser.code("citizen")
    told = returned(await browser.authorize(claims=essential(f"{L}4"), prompt="none"))
    assert told["error"] == "interaction_required"
    assert "code" in returned(
        await browser.authorize(claims=essential(f"{L}3"), prompt="none", scope="openid")
    )


async def test_another_login_at_a_higher_level_is_not_lent(browser: Browser, world: World) -> None:
    page = await browser.log_in("citizen", claims=essential(f"{L}4"))
    other = Browser(world)
    answer = await other.http.get(page.url.path.replace("/step-up/", "/authorize/"))
    assert "/login/" in answer.headers["location"]
    shown = await other.follow(answer)
    answer = await other.submit(shown, username="owner", password=PASSWORD)
    assert "/step-up/" in str(answer.url)
    await other.close()


async def _raise(browser: Browser, world: World, level: int) -> None:
    """What a page that proves more does to the login."""
    person = world.person("citizen")
    async with world.provider.db.write() as tx:
        table = logins.logins
        await tx.execute(table.update().where(table.c.person == person).values(level=level))
