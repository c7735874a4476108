"""A login with help at a window: evidenced, once, short, for the matter at hand, and named."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text

from services.identity.store.logins import logins
from shared import clock
from shared.ids import uuid7
from tests.support.desk import Desk
from tests.support.identity import Browser, World, claims, later, returned

CARD = "990102199603140423"


async def _clerk(world: World) -> dict[str, str]:
    """The token of a clerk at his desk."""
    desk = Desk(world)
    world.seeded.staff["clerk"] = await desk.join("zhou", "clerk")
    token = await desk.token("zhou")
    await desk.http.aclose()
    return {"Authorization": f"Bearer {token}"}


async def _give(world: World, headers: dict[str, str], **changes: str) -> httpx.Response:
    body = {"account": "citizen", "id_number": CARD, "evidence": "hall-1/17"} | changes
    async with world.http() as http:
        return await http.post(
            "/v1/window/logins", json=body, headers=headers | {"Idempotency-Key": uuid7()}
        )


async def _use(browser: Browser, code: str) -> httpx.Response:
    page = await browser.authorize()
    slip = await browser.http.get(f"{page.url.path}/window")
    return await browser.submit(slip, "/window", code=code)


async def test_the_login_names_who_helped_and_opens_only_the_matter(
    browser: Browser, world: World
) -> None:
    given = await _give(world, await _clerk(world))
    assert given.status_code == 201, given.text
    code = given.json()["code"]
    issued = await world.token(
        browser.redemption(returned(await _use(browser, f"{code[:5]} {code[5:]}"))["code"])
    )
    said = claims(issued.json()["id_token"])
    assert said["sub"] == world.person("citizen")
    assert said["amr"] == ["otp", "urn:tongban:amr:window"]
    assert issued.json()["scope"] == "cases.apply cases.read openid profile"
    async with world.provider.db.read() as connection:
        row = (await connection.execute(select(logins).where(logins.c.id == said["sid"]))).one()
        proved = list(
            await connection.scalars(select(text("row")).select_from(text("evidence_rows")))
        )
    assert row.helped_by == world.seeded.staff["clerk"]
    assert row.expires_at - row.auth_time == timedelta(minutes=30)
    assert any("help_to_log_in" in one for one in proved)


async def test_a_code_is_good_once_and_for_ten_minutes(browser: Browser, world: World) -> None:
    clerk = await _clerk(world)
    code = (await _give(world, clerk)).json()["code"]
    with clock.at(later(minutes=11)):
        assert (await _use(browser, code)).status_code == 400
    assert "code" in returned(await _use(browser, code))
    other = Browser(world)
    assert (await _use(other, code)).status_code == 400
    await other.close()


async def test_the_code_may_go_to_the_accounts_phone(browser: Browser, world: World) -> None:
    given = await _give(world, await _clerk(world), channel="sms")
    assert given.json()["code"] is None
    sent: dict[str, Any] = world.messages()[-1]
    assert sent["to"] == "19900000001"
    assert "code" in returned(await _use(browser, sent["values"]["code"]))


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"id_number": "990102197902180514"}, 409),
        ({"account": "nobody"}, 404),
        ({"account": "zhou"}, 403),
    ],
)
async def test_what_the_clerk_may_not_do_gives_no_code(
    world: World, changes: dict[str, str], status: int
) -> None:
    assert (await _give(world, await _clerk(world), **changes)).status_code == status


async def test_who_is_no_clerk_gives_no_code(browser: Browser, world: World) -> None:
    issued = await browser.tokens("citizen")
    headers = {"Authorization": f"Bearer {issued['access_token']}"}
    assert (await _give(world, headers)).status_code == 403


async def test_a_login_with_help_cannot_change_what_protects_the_account(
    browser: Browser, world: World
) -> None:
    code = (await _give(world, await _clerk(world))).json()["code"]
    await _use(browser, code)
    passkeys = await browser.follow(await browser.http.get("/identity/account/security/passkeys"))
    assert "/login/" in passkeys.url.path
    password = await browser.http.get("/identity/account/security/password")
    assert 'name="present"' in password.text
