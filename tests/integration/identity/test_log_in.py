"""Logging in, for whom, and what the tokens say: the main story on both databases."""

import re
from contextlib import suppress

from services.identity.commands.attempts import Attempts, Wait
from services.identity.domain.throttle import ADDRESS
from tests.support.identity import (
    BASE,
    DEPARTMENT,
    ISSUER,
    REGION,
    Browser,
    World,
    claims,
    returned,
)

ITEM = "11990100MB3196686T3002014001003"


async def test_a_citizen_logs_in_and_the_tokens_say_so(world_anywhere: World) -> None:
    browser = Browser(world_anywhere)
    issued = await browser.tokens("citizen")
    said = claims(issued["access_token"])
    assert said["sub"] == world_anywhere.person("citizen")
    assert said["iss"] == ISSUER
    assert said["aud"] == [f"{BASE}/api/cases", f"{BASE}/api/identity"]
    assert said["client_id"] == "portal"
    assert said["acr"] == "urn:tongban:acr:l3"
    assert said["exp"] - said["iat"] == 300
    assert said["scope"] == "cases.apply cases.read identity.self openid profile"
    assert {"sid", "jti", "auth_time"} <= said.keys()
    assert not {"staff", "on_behalf_of", "act"} & said.keys()
    about = claims(issued["id_token"])
    assert about["aud"] == "portal"
    assert about["nonce"] == "the-nonce"
    assert about["sid"] == said["sid"]
    assert about["amr"] == ["pwd"]
    await browser.close()


async def test_every_service_can_verify_the_token(world: World, browser: Browser) -> None:
    issued = await browser.tokens("citizen")
    subject = await world.provider.own_tokens.verify(issued["access_token"])
    assert subject.is_person
    assert subject.acr == 3


async def test_phone_and_identity_number_log_in_too(world: World) -> None:
    for typed in ("199 0000 0001", "990102199603140423", "CITIZEN"):
        browser = Browser(world)
        assert "code" in returned(await browser.log_in(typed))
        await browser.close()


async def test_a_second_client_needs_no_second_login(browser: Browser) -> None:
    await browser.code("citizen")
    assert "code" in returned(await browser.authorize(prompt="none"))


async def test_who_represents_a_company_is_asked_for_whom(browser: Browser, world: World) -> None:
    page = await browser.log_in("owner")
    assert page.status_code == 200
    assert "云州市湖光小馆餐饮有限公司" in page.text
    assert 'value="myself" checked' in page.text
    delegation = _delegation(page.text)
    answer = await browser.submit(page, **{"for": delegation})
    issued = await world.token(browser.redemption(returned(answer)["code"]))
    behalf = claims(issued.json()["access_token"])["on_behalf_of"]
    organisation = world.seeded.organisations["restaurant"]
    assert behalf == {"type": "org", "id": organisation, "delegation": delegation}


async def test_an_agents_token_names_his_items_and_their_end(
    browser: Browser, world: World
) -> None:
    page = await browser.log_in("agent")
    answer = await browser.submit(page, **{"for": _delegation(page.text)})
    issued = await world.token(browser.redemption(returned(answer)["code"]))
    behalf = claims(issued.json()["access_token"])["on_behalf_of"]
    assert behalf["items"] == [ITEM]
    assert behalf["exp"] > claims(issued.json()["access_token"])["exp"]


async def test_somebody_elses_delegation_cannot_be_chosen(world: World) -> None:
    owner, agent = Browser(world), Browser(world)
    others = _delegation((await owner.log_in("owner")).text)
    page = await agent.log_in("agent")
    again = await agent.submit(page, **{"for": others})
    assert again.status_code == 400
    assert "重新选择" in again.text
    await owner.close()
    await agent.close()


async def test_the_desk_gets_the_office_and_what_its_roles_open(
    browser: Browser, world: World
) -> None:
    issued = await browser.tokens(
        "officer", scope="openid staff cases.handle cases.read exchange.manage"
    )
    said = claims(issued["access_token"])
    assert said["staff"] == {
        "id": world.seeded.staff["officer"],
        "department": DEPARTMENT,
        "region": REGION,
        "positions": ["户籍民警"],
        "roles": ["officer"],
    }
    assert said["scope"] == "cases.handle cases.read openid staff"
    assert f"{BASE}/api/exchange" not in said["aud"]


async def test_staff_who_come_as_citizens_carry_no_office(browser: Browser) -> None:
    issued = await browser.tokens("officer")
    assert "staff" not in claims(issued["access_token"])


async def test_a_citizen_cannot_come_as_staff(browser: Browser) -> None:
    answer = await browser.log_in("citizen", scope="openid staff cases.handle")
    assert returned(answer)["error"] == "access_denied"


async def test_a_citizens_act_and_the_desk_are_never_mixed(browser: Browser) -> None:
    for scope in ("openid staff cases.apply", "openid cases.handle"):
        assert returned(await browser.authorize(scope=scope))["error"] == "invalid_scope"


async def test_cancelling_goes_back_with_access_denied(browser: Browser) -> None:
    page = await browser.authorize()
    answer = await browser.http.get(page.url.path.replace("/login/", "/cancel/"))
    told = returned(answer)
    assert told["error"] == "access_denied"
    assert told["state"] == "the-state"


async def test_signing_up_takes_three_fields_and_goes_on(browser: Browser, world: World) -> None:
    login = await browser.authorize()
    page = await browser.http.get(login.url.path.replace("/login/", "/sign-up/"))
    answer = await browser.submit(
        page, login_name="newcomer", phone="13800138000", password="an easy sentence to keep"
    )
    issued = await world.token(browser.redemption(returned(answer)["code"]))
    assert claims(issued.json()["access_token"])["acr"] == "urn:tongban:acr:l1"


async def test_who_signs_up_where_others_guessed_is_led_to_the_login(
    browser: Browser, world: World
) -> None:
    attempts = Attempts(world.provider.db, world.provider.people)
    login = await browser.authorize()
    page = await browser.http.get(login.url.path.replace("/login/", "/sign-up/"))
    typed = attempts.of_login("", "127.0.0.1")
    address = {name: one for name, one in typed.items() if one is ADDRESS}
    for _ in range(52):
        with suppress(Wait):
            await attempts.admit(address)
    answer = await browser.submit(
        page, login_name="newcomer", phone="13800138000", password="an easy sentence to keep"
    )
    assert (answer.status_code, answer.url.path) == (200, login.url.path)


async def test_pages_speak_english_and_large_when_asked(browser: Browser) -> None:
    page = await browser.authorize()
    english = await browser.http.get(f"{page.url.path}?lang=en&view=elder")
    assert "User name, phone or identity number" in english.text
    assert 'class="elder"' in english.text
    kept = await browser.http.get(page.url.path)
    assert "Log in" in kept.text
    assert 'class="elder"' in kept.text


async def test_the_client_may_say_language_and_view(browser: Browser) -> None:
    page = await browser.authorize(ui_locales="fr en zh-CN", view="elder")
    assert "Log in" in page.text
    assert 'class="elder"' in page.text


def _delegation(html: str) -> str:
    found = re.search(r'value="(dlg_\w+)"', html)
    assert found is not None, html
    return found[1]
