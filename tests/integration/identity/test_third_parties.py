"""Third parties: asked for each person, told of him by a name of their own, told as he allowed."""

import httpx
import pytest

from services.identity.store.consents import consents_of
from tests.support.identity import Browser, World, claims, returned
from tests.support.relying_party import RelyingParty


async def test_the_person_is_asked_once_and_remembered(world_anywhere: World) -> None:
    browser = Browser(world_anywhere)
    party = await RelyingParty.register(world_anywhere, browser)
    page = await party.log_in()
    assert "/consent/" in page.url.path
    for told in ("邻里团购", "app.example", "张**", "不是政府的系统"):
        assert told in page.text
    assert "张若溪" not in page.text
    assert "code" in returned(await browser.submit(page))
    assert "code" in returned(await party.authorize(prompt="none"))
    await browser.close()


async def test_more_than_was_allowed_is_asked_anew(browser: Browser, world: World) -> None:
    party = await RelyingParty.register(world, browser)
    await party.tokens()
    told = returned(await party.authorize(prompt="none", scope="openid profile phone"))
    assert told["error"] == "consent_required"
    page = await party.authorize(scope="openid profile phone")
    assert "+86199****0001" in page.text
    assert "code" in returned(await browser.submit(page))
    assert "code" in returned(await party.authorize(prompt="none", scope="openid phone"))
    whole = '{"userinfo":{"phone_number":{"essential":true}}}'
    page = await party.authorize(scope="openid phone", claims=whole)
    assert "完整手机号" in page.text


async def test_prompt_consent_asks_each_time(browser: Browser, world: World) -> None:
    party = await RelyingParty.register(world, browser)
    await party.tokens()
    page = await party.authorize(prompt="consent")
    assert "/consent/" in page.url.path
    assert "code" in returned(await browser.submit(page))


async def test_who_does_not_agree_goes_back_and_nothing_is_kept(
    browser: Browser, world: World
) -> None:
    party = await RelyingParty.register(world, browser)
    page = await party.log_in()
    declined = await browser.http.get(page.url.path.replace("/consent/", "/cancel/"))
    assert returned(declined)["error"] == "access_denied"
    assert (await browser.http.get(page.url.path)).status_code == 400
    async with world.provider.db.read() as connection:
        assert await consents_of(connection, world.person("citizen")) == []


async def test_consent_cannot_be_given_from_another_site_or_by_another(
    browser: Browser, world: World
) -> None:
    party = await RelyingParty.register(world, browser)
    page = await party.log_in()
    for data in ({}, {"token": "0" * 64}):
        assert (await browser.http.post(page.url.path, data=data)).status_code == 400
    other = Browser(world)
    answer = await other.submit(page)
    assert "/login/" in str(answer.url)
    await other.close()
    assert returned(await party.authorize(prompt="none"))["error"] == "consent_required"


async def test_what_is_taken_back_ends_at_once(browser: Browser, world: World) -> None:
    party = await RelyingParty.register(world, browser)
    issued = await party.tokens()
    person = world.person("citizen")
    async with world.provider.db.read() as connection:
        (consent,) = await consents_of(connection, person)
    assert not await world.provider.consents.revoke(world.person("owner"), consent.id)
    assert await world.provider.consents.revoke(person, consent.id)
    assert not await world.provider.consents.revoke(person, consent.id)
    assert (await _userinfo(world, issued["access_token"])).status_code == 401
    refresh = {"grant_type": "refresh_token", "refresh_token": issued["refresh_token"]}
    assert (await world.token(refresh, auth=party.secret)).status_code == 400
    assert returned(await party.authorize(prompt="none"))["error"] == "consent_required"


async def test_the_platforms_own_systems_do_not_ask(browser: Browser, world: World) -> None:
    issued = await browser.tokens("citizen", scope="openid profile")
    assert claims(issued["id_token"])["sub"] == world.person("citizen")


async def test_each_sector_knows_a_person_by_another_name(browser: Browser, world: World) -> None:
    one = await RelyingParty.register(world, browser)
    twin = await RelyingParty.register(world, browser)
    other = await RelyingParty.register(world, browser, redirect_uris=["https://other.example/cb"])
    subs = [claims((await party.tokens())["id_token"])["sub"] for party in (one, twin, other)]
    assert subs[0] == subs[1] != subs[2]
    assert world.person("citizen") not in subs
    again = claims((await one.tokens(prompt="login"))["id_token"])["sub"]
    assert again == subs[0]
    assert claims((await one.tokens("owner", prompt="login"))["id_token"])["sub"] not in subs


async def test_a_name_outlives_the_key_that_it_was_made_with(
    browser: Browser, world: World
) -> None:
    party = await RelyingParty.register(world, browser)
    before = claims((await party.tokens())["id_token"])["sub"]
    world.app.state.runtime.keyring.rotate_index_key()
    world.provider.derived.__dict__.pop("_key", None)
    after = claims((await party.tokens())["id_token"])["sub"]
    assert before == after


async def test_id_token_userinfo_and_introspection_name_alike(
    browser: Browser, world: World
) -> None:
    party = await RelyingParty.register(world, browser)
    for scope in ("openid profile", "openid profile cases.read identity.self"):
        issued = await party.tokens(scope=scope)
        sub = claims(issued["id_token"])["sub"]
        assert (await party.userinfo(issued["access_token"]))["sub"] == sub
        async with world.http() as http:
            form = {"token": issued["access_token"]}
            told = await http.post("/identity/introspect", data=form, auth=party.secret)
        assert (told.json()["active"], told.json()["sub"]) == (True, sub)


async def test_a_token_for_userinfo_alone_tells_nobody_the_persons_id(
    browser: Browser, world: World
) -> None:
    party = await RelyingParty.register(world, browser)
    login = await party.tokens()
    assert world.person("citizen") not in str(claims(login["access_token"]))
    platform = await party.tokens(scope="openid cases.read")
    assert claims(platform["access_token"])["sub"] == world.person("citizen")


async def test_a_refresh_keeps_the_name(browser: Browser, world: World) -> None:
    party = await RelyingParty.register(world, browser)
    issued = await party.tokens()
    refresh = {"grant_type": "refresh_token", "refresh_token": issued["refresh_token"]}
    renewed = (await world.token(refresh, auth=party.secret)).json()
    assert claims(renewed["id_token"])["sub"] == claims(issued["id_token"])["sub"]


@pytest.mark.parametrize(
    "metadata",
    [
        {"sector_identifier_uri": "https://app.example/sector.json"},
        {"subject_type": "secret"},
        {"require_pushed_authorization_requests": "yes"},
    ],
)
async def test_what_cannot_be_held_is_not_registered(
    world: World, metadata: dict[str, str]
) -> None:
    async with world.http() as http:
        answer = await http.post(
            "/identity/register",
            json={"redirect_uris": ["https://app.example/cb"], **metadata},
            headers={"Authorization": f"Bearer {world.registration_token}"},
        )
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")


async def _userinfo(world: World, token: str) -> httpx.Response:
    async with world.http() as http:
        return await http.get("/identity/userinfo", headers={"Authorization": f"Bearer {token}"})
