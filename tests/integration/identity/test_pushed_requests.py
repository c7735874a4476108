"""Pushed authorization requests (RFC 9126): checked at once, used once, bound to their client."""

import asyncio
from typing import Any

import httpx
import pytest

from services.identity.commands.pushing import PREFIX
from shared import clock
from tests.support.identity import PASSWORD, Browser, World, later, returned, signed_assertion
from tests.support.relying_party import RelyingParty


async def test_a_pushed_request_logs_in_with_its_reference_alone(world_anywhere: World) -> None:
    browser = Browser(world_anywhere)
    pushed = await _push(world_anywhere, browser.request())
    assert pushed.status_code == 201
    assert pushed.headers["cache-control"] == "no-store"
    told = pushed.json()
    assert told["request_uri"].startswith(PREFIX)
    assert told["expires_in"] == 60
    page = await _authorize(browser, told["request_uri"])
    done = returned(await browser.submit(page, username="citizen", password=PASSWORD))
    assert done["state"] == "the-state"
    assert (await world_anywhere.token(browser.redemption(done["code"]))).status_code == 200
    await browser.close()


async def test_a_reference_is_good_once(browser: Browser, world: World) -> None:
    reference = await _reference(world, browser)
    assert (await _authorize(browser, reference)).status_code == 200
    again = await _authorize(browser, reference)
    assert again.status_code == 400
    assert "location" not in again.headers


async def test_of_many_who_use_it_at_once_one_succeeds(browser: Browser, world: World) -> None:
    reference = await _reference(world, browser)
    answers = await asyncio.gather(*(_authorize(browser, reference) for _ in range(8)))
    assert sorted(one.status_code for one in answers) == [200] + [400] * 7


async def test_a_reference_lives_for_a_minute(browser: Browser, world: World) -> None:
    reference = await _reference(world, browser)
    with clock.at(later(seconds=61)):
        assert (await _authorize(browser, reference)).status_code == 400


async def test_a_reference_is_bound_to_its_client(browser: Browser, world: World) -> None:
    party = await RelyingParty.register(world, browser)
    reference = await _reference(world, browser)
    assert (await _authorize(browser, reference, client_id=party.id)).status_code == 400
    assert (await _authorize(browser, reference)).status_code == 200


@pytest.mark.parametrize("wrong", [PREFIX, f"{PREFIX}nothing", PREFIX + "x" * 5000])
async def test_a_reference_that_was_never_given_is_refused(browser: Browser, wrong: str) -> None:
    assert (await _authorize(browser, wrong)).status_code == 400


async def test_what_the_browser_adds_is_not_looked_at(browser: Browser, world: World) -> None:
    reference = await _reference(world, browser)
    page = await _authorize(
        browser, reference, state="changed", redirect_uri="https://evil.example/", scope="nonsense"
    )
    done = returned(await browser.submit(page, username="citizen", password=PASSWORD))
    assert done["state"] == "the-state"


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"redirect_uri": "https://evil.example/"}, "invalid_request"),
    ({"redirect_uri": None}, "invalid_request"),
    ({"code_challenge": None}, "invalid_request"),
    ({"code_challenge_method": "plain"}, "invalid_request"),
    ({"response_type": "token"}, "unsupported_response_type"),
    ({"scope": "openid nonsense"}, "invalid_scope"),
    ({"request_uri": f"{PREFIX}x"}, "invalid_request"),
    ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),
    ({"claims": "{"}, "invalid_request"),
    ({"resource": "https://evil.example/"}, "invalid_target"),
    ({"client_id": "cases"}, "invalid_request"),
]


async def test_every_check_of_the_authorization_endpoint_is_made(
    browser: Browser, world: World
) -> None:
    for changes, error in WRONG:
        answer = await _push(world, browser.request(**changes))
        assert (answer.status_code, answer.json()["error"]) == (400, error), changes


async def test_a_client_must_prove_itself_by_its_own_method(browser: Browser, world: World) -> None:
    proofs: list[dict[str, str]] = [
        {},
        world.proof("cases"),
        world.proof("portal", assertion="e30.e30.x"),
        world.proof("portal") | {"client_secret": "x"},
    ]
    for proof in proofs:
        answer = await _push(world, browser.request(), proof)
        assert answer.status_code in (400, 401), proof
        assert "request_uri" not in answer.json()
    party = await RelyingParty.register(world, browser)
    party.registered["client_secret"] = "wrong"
    assert (await party.push()).status_code == 401


async def test_an_assertion_may_name_the_endpoint_and_is_used_once(
    browser: Browser, world: World
) -> None:
    audience = f"{world.provider.settings.issuer}/par"
    proof = world.proof("portal", assertion=signed_assertion(world, "portal", aud=audience))
    assert (await _push(world, browser.request(), proof)).status_code == 201
    assert (await _push(world, browser.request(), proof)).status_code == 401


async def test_a_client_that_logs_nobody_in_pushes_nothing(browser: Browser, world: World) -> None:
    answer = await _push(world, browser.request(client_id="cases"), world.proof("cases"))
    assert answer.json()["error"] == "unauthorized_client"


async def test_who_must_push_cannot_ask_otherwise(browser: Browser, world: World) -> None:
    party = await RelyingParty.register(world, browser, require_pushed_authorization_requests=True)
    assert party.registered["require_pushed_authorization_requests"] is True
    assert returned(await party.authorize())["error"] == "invalid_request"
    reference = (await party.push()).json()["request_uri"]
    assert (await _authorize(browser, reference, client_id=party.id)).status_code == 200


async def test_the_endpoint_takes_forms_by_post_only(world: World) -> None:
    async with world.http() as http:
        assert (await http.get("/identity/par")).status_code == 405
        assert (await http.post("/identity/par", json={})).status_code == 400


async def _push(
    world: World, asked: dict[str, str], proof: dict[str, str] | None = None
) -> httpx.Response:
    form = asked | (world.proof("portal") if proof is None else proof)
    async with world.http() as http:
        return await http.post("/identity/par", data=form)


async def _reference(world: World, browser: Browser) -> str:
    return str((await _push(world, browser.request())).json()["request_uri"])


async def _authorize(browser: Browser, reference: str, **others: str) -> httpx.Response:
    asked = {"client_id": "portal", "request_uri": reference} | others
    return await browser.follow(await browser.http.get("/identity/authorize", params=asked))
