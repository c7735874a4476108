"""What userinfo and ID tokens tell of a person: by scope covered, as essential whole."""

import json
from typing import Any

import pytest

from tests.support.identity import Browser, World, claims, returned
from tests.support.relying_party import RelyingParty

PHONE, COVERED = "+8619900000001", "+86199****0001"


async def test_scopes_give_what_is_known_with_its_middle_covered(
    browser: Browser, world: World
) -> None:
    party = await RelyingParty.register(world, browser)
    issued = await party.tokens(scope="openid profile phone email")
    told = await party.userinfo(issued["access_token"])
    assert told.pop("sub")
    assert told == {
        "name": "张**",
        "phone_number": COVERED,
        "phone_number_verified": True,
        "email": "c******@example.org",
        "email_verified": True,
    }


async def test_essential_claims_are_told_whole_and_the_person_sees_that(
    browser: Browser, world: World
) -> None:
    party = await RelyingParty.register(world, browser)
    asked = {"userinfo": {"phone_number": {"essential": True}, "name": None}}
    page = await party.log_in(claims=json.dumps(asked))
    assert "完整手机号" in page.text
    assert PHONE not in page.text
    issued = (await party.redeem(returned(await browser.submit(page))["code"])).json()
    told = await party.userinfo(issued["access_token"])
    assert (told["phone_number"], told["name"]) == (PHONE, "张**")
    reads = await _reads(browser, world)
    assert [(one["client"], one["fields"]) for one in reads] == [(party.id, ["phone_number"])]


async def test_claims_of_the_id_token_stand_in_the_id_token(browser: Browser, world: World) -> None:
    party = await RelyingParty.register(world, browser)
    asked = {"id_token": {"email": {"essential": True}, "phone_number": None}}
    issued = await party.tokens(scope="openid", claims=json.dumps(asked))
    said = claims(issued["id_token"])
    assert (said["email"], said["phone_number"]) == ("citizen@example.org", COVERED)
    assert (await party.userinfo(issued["access_token"])).keys() == {"sub"}
    refresh = {"grant_type": "refresh_token", "refresh_token": issued["refresh_token"]}
    renewed = (await world.token(refresh, auth=party.secret)).json()
    assert claims(renewed["id_token"])["email"] == "citizen@example.org"


async def test_a_claim_that_may_only_have_another_value_is_left_out(
    browser: Browser, world: World
) -> None:
    party = await RelyingParty.register(world, browser)
    for wanted, told in (({"value": "x@y.z"}, False), ({"values": ["citizen@example.org"]}, True)):
        asked = json.dumps({"userinfo": {"email": wanted}})
        issued = await party.tokens(scope="openid", claims=asked)
        assert ("email" in await party.userinfo(issued["access_token"])) is told


async def test_what_the_client_is_not_registered_for_is_not_told(
    browser: Browser, world: World
) -> None:
    party = await RelyingParty.register(world, browser, scope="openid profile")
    asked = '{"userinfo":{"phone_number":{"essential":true}},"id_token":{"email":null}}'
    issued = await party.tokens(scope="openid", claims=asked)
    assert "email" not in claims(issued["id_token"])
    assert (await party.userinfo(issued["access_token"])).keys() == {"sub"}
    told = returned(await party.authorize(scope="openid phone"))
    assert told["error"] == "invalid_scope"


async def test_claims_that_nobody_knows_are_ignored(browser: Browser) -> None:
    asked = '{"userinfo":{"shoe_size":{"essential":true}},"x":1,"id_token":{"auth_time":null}}'
    issued = await browser.tokens("citizen", scope="openid", claims=asked)
    assert "auth_time" in claims(issued["id_token"])


WRONG: list[Any] = [
    "{",
    "[]",
    '"x"',
    "[" * 20_000,
    '{"userinfo":[]}',
    '{"userinfo":{"name":7}}',
    '{"id_token":{"acr":{"essential":"yes"}}}',
    '{"id_token":{"acr":{"values":[]}}}',
    '{"id_token":{"acr":{"values":"x"}}}',
    json.dumps({"id_token": {"acr": {"values": list(range(50))}}}),
]


async def test_a_claims_parameter_that_is_malformed_is_refused(browser: Browser) -> None:
    for wrong in WRONG:
        told = returned(
            await browser.follow(
                await browser.http.post("/identity/authorize", data=browser.request(claims=wrong))
            )
        )
        assert told["error"] == "invalid_request", wrong


@pytest.mark.parametrize("name", ["iss", "aud", "exp", "nonce", "sid", "at_hash", "auth_time"])
async def test_no_claim_of_the_protocol_can_be_asked_away(browser: Browser, name: str) -> None:
    asked = json.dumps({"id_token": {name: {"value": "forged"}}})
    said = claims((await browser.tokens("citizen", scope="openid", claims=asked))["id_token"])
    assert said[name] != "forged"


async def _reads(browser: Browser, world: World) -> list[dict[str, Any]]:
    token = (await browser.tokens("citizen"))["access_token"]
    async with world.http() as http:
        answer = await http.get("/v1/me/access-log", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    listed: list[dict[str, Any]] = answer.json()["items"]
    return listed
