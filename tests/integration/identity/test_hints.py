"""Whom the client has in mind: hints, and prompts that ask anew."""

import json

from services.identity.store.interactions import interactions
from shared import clock
from tests.support.identity import ISSUER, PASSWORD, Browser, World, claims, later, returned
from tests.support.relying_party import RelyingParty
from tests.support.tokens import Issuer


async def test_an_id_token_hint_of_who_is_logged_in_goes_through(browser: Browser) -> None:
    hint = (await browser.tokens("citizen", scope="openid"))["id_token"]
    asked = {"scope": "openid", "prompt": "none", "id_token_hint": hint}
    assert "code" in returned(await browser.authorize(**asked))
    with clock.at(later(hours=1)):
        assert "code" in returned(await browser.authorize(**asked))


async def test_a_hint_at_another_person_is_login_required(browser: Browser) -> None:
    hint = (await browser.tokens("citizen", scope="openid"))["id_token"]
    await browser.code("owner", scope="openid", prompt="login")
    asked = {"scope": "openid", "id_token_hint": hint}
    told = returned(await browser.authorize(**asked, prompt="none"))
    assert told["error"] == "login_required"
    page = await browser.authorize(**asked)
    assert "/login/" in page.url.path
    refused = await browser.submit(page, username="owner", password=PASSWORD)
    assert returned(refused)["error"] == "login_required"
    page = await browser.authorize(**asked)
    assert "code" in returned(await browser.submit(page, username="citizen", password=PASSWORD))


async def test_sub_in_claims_names_the_person_too(browser: Browser, world: World) -> None:
    await browser.code("citizen", scope="openid")
    for who, error in (("citizen", None), ("owner", "login_required")):
        asked = json.dumps({"id_token": {"sub": {"value": world.person(who)}}})
        told = returned(await browser.authorize(scope="openid", prompt="none", claims=asked))
        assert told.get("error") == error


async def test_a_third_partys_hint_names_a_person_by_its_own_name(
    browser: Browser, world: World
) -> None:
    party = await RelyingParty.register(world, browser)
    hint = (await party.tokens())["id_token"]
    assert "code" in returned(await party.authorize(prompt="none", id_token_hint=hint))
    forged = json.dumps({"id_token": {"sub": {"value": world.person("citizen")}}})
    told = returned(await party.authorize(prompt="none", claims=forged))
    assert told["error"] == "login_required"


async def test_a_hint_that_we_did_not_sign_is_refused(browser: Browser, world: World) -> None:
    issued = await browser.tokens("citizen", scope="openid")
    said = claims(issued["id_token"])
    stranger = Issuer.sign({"alg": "ES256", "kid": "x", "typ": "JWT"}, said, world.keys["cases"])
    for wrong in (stranger, issued["access_token"], "x", "e30.e30.", "a" * 9000):
        told = returned(await browser.authorize(prompt="none", id_token_hint=wrong))
        assert told["error"] == "invalid_request"


async def test_a_login_hint_stands_in_the_form_and_nowhere_in_the_clear(
    browser: Browser, world: World
) -> None:
    page = await browser.authorize(login_hint='19900000001"><b>')
    assert 'value="19900000001&#34;&gt;&lt;b&gt;"' in page.text
    assert "19900000001" not in str(page.url)
    async with world.provider.db.read() as connection:
        rows = (await connection.execute(interactions.select())).all()
    assert rows
    assert "19900000001" not in str([(row.request, row.login_hint) for row in rows])
    assert (await browser.authorize(login_hint="x" * 5000)).status_code == 200


async def test_prompt_create_begins_with_a_new_account(browser: Browser) -> None:
    page = await browser.authorize(prompt="create")
    assert "/sign-up/" in page.url.path
    done = await browser.submit(
        page, login_name="newcomer", phone="19912345678", password="a long enough sentence"
    )
    assert "code" in returned(done)


async def test_select_account_lets_another_log_in(browser: Browser, world: World) -> None:
    await browser.code("citizen", scope="openid")
    issued = await browser.tokens("owner", scope="openid", prompt="select_account")
    assert claims(issued["id_token"])["sub"] == world.person("owner")


async def test_max_age_zero_always_asks(browser: Browser) -> None:
    first = claims((await browser.tokens("citizen", scope="openid"))["id_token"])["auth_time"]
    with clock.at(later(seconds=5)):
        page = await browser.authorize(scope="openid", max_age="0")
        assert "/login/" in page.url.path
        silent = await browser.authorize(scope="openid", max_age="0", prompt="none")
        assert returned(silent)["error"] == "login_required"
        issued = await browser.tokens("citizen", scope="openid", max_age="0")
    assert claims(issued["id_token"])["auth_time"] > first


async def test_ui_locales_choose_the_language_of_the_pages(browser: Browser) -> None:
    for locales, lang in (("en", "en"), ("zh-CN en", "zh-CN"), ("fr en-GB", "en"), ("xx", "zh-CN")):
        page = await browser.authorize(ui_locales=locales, prompt="login")
        assert f'<html lang="{lang}"' in page.text, locales


async def test_a_resource_narrows_the_token(browser: Browser, world: World) -> None:
    base = ISSUER.removesuffix("/identity")
    issued = await browser.tokens("citizen", resource=f"{base}/api/cases")
    said = claims(issued["access_token"])
    assert said["aud"] == [f"{base}/api/cases"]
    assert "identity.self" not in said["scope"].split()
    for wrong in ("cases", f"{base}/api/cases#x", f"{base}/api/cases/", "https://evil.example"):
        told = returned(await browser.authorize(resource=wrong))
        assert told["error"] == "invalid_target", wrong
