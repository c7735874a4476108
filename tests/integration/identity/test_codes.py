"""Authorization codes: once, within a minute, for one client, redirect URI and verifier."""

import asyncio

import pytest

from services.identity.domain.clients import AUTHORIZATION_CODE, Client
from shared import clock
from tests.support.identity import CALLBACK, Browser, Pkce, World, later


async def test_a_code_used_twice_revokes_all_that_it_gave(browser: Browser, world: World) -> None:
    code = await browser.code("citizen")
    first = (await world.token(browser.redemption(code))).json()
    assert await _userinfo(world, first["access_token"]) == 200
    again = await world.token(browser.redemption(code))
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert await _userinfo(world, first["access_token"]) == 401
    refresh = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    refused = await world.token(refresh | world.proof("portal"))
    assert refused.json()["error"] == "invalid_grant"


async def test_of_twenty_who_redeem_at_once_one_succeeds(browser: Browser, world: World) -> None:
    code = await browser.code("citizen")
    answers = await asyncio.gather(*(world.token(browser.redemption(code)) for _ in range(20)))
    assert [one.status_code for one in answers].count(200) == 1
    good = next(one for one in answers if one.status_code == 200)
    assert await _userinfo(world, good.json()["access_token"]) == 401


async def test_a_code_lives_for_a_minute(browser: Browser, world: World) -> None:
    code = await browser.code("citizen")
    with clock.at(later(seconds=61)):
        answer = await world.token(browser.redemption(code))
    assert answer.json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": None},
        {"code_verifier": Pkce().verifier},
        {"code_verifier": "short"},
        {"redirect_uri": None},
        {"redirect_uri": f"{CALLBACK}/"},
        {"redirect_uri": "https://evil.example/"},
    ],
)
async def test_a_code_is_bound_to_redirect_uri_and_verifier(
    browser: Browser, world: World, changes: dict[str, str | None]
) -> None:
    code = await browser.code("citizen")
    answer = await world.token(browser.redemption(code, **changes))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert (await world.token(browser.redemption(code))).status_code == 200


async def test_a_guessed_code_gives_nothing(browser: Browser, world: World) -> None:
    await browser.code("citizen")
    answer = await world.token(browser.redemption("guessed"))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


async def test_the_challenge_itself_is_no_verifier(browser: Browser, world: World) -> None:
    code = await browser.code("citizen")
    answer = await world.token(browser.redemption(code, code_verifier=browser.pkce.challenge))
    assert answer.json()["error"] == "invalid_grant"


async def test_another_client_cannot_redeem_a_code(browser: Browser, world: World) -> None:
    await world.register(
        Client(
            id="stranger",
            name="stranger",
            auth_method="none",
            grant_types=frozenset({AUTHORIZATION_CODE}),
            redirect_uris=(CALLBACK,),
            scopes=frozenset({"openid"}),
        )
    )
    code = await browser.code("citizen")
    form = browser.redemption(
        code, client_assertion=None, client_assertion_type=None, client_id="stranger"
    )
    assert (await world.token(form)).json()["error"] == "invalid_grant"
    assert (await world.token(browser.redemption(code))).status_code == 200


async def _userinfo(world: World, token: str) -> int:
    async with world.http() as http:
        answer = await http.get("/identity/userinfo", headers={"Authorization": f"Bearer {token}"})
    return answer.status_code
