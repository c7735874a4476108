"""A service acts for a person: down-scoped, named in `act`, and never beyond the person's token."""

from typing import Any

import httpx
import pytest

from shared import clock
from tests.support.identity import BASE, Browser, World, claims, later

SCOPE = "openid cases.apply cases.read exchange.query identity.self"
EXCHANGE = f"{BASE}/api/exchange"


async def test_the_token_names_the_person_and_the_service(browser: Browser, world: World) -> None:
    issued = await browser.tokens("citizen", scope=SCOPE)
    before = claims(issued["access_token"])
    answer = (await _exchange(world, issued["access_token"], scope="exchange.query")).json()
    said = claims(answer["access_token"])
    assert answer["issued_token_type"].endswith(":access_token")
    assert said["sub"] == world.person("citizen")
    assert said["act"] == {"sub": "cases"}
    assert said["client_id"] == "cases"
    assert said["aud"] == [EXCHANGE]
    assert said["scope"] == "exchange.query"
    assert said["exp"] <= before["exp"]
    assert (said["sid"], said["acr"]) == (before["sid"], before["acr"])


async def test_for_whom_goes_along(browser: Browser, world: World) -> None:
    page = await browser.log_in("owner", scope=SCOPE)
    delegation = page.text.split('value="dlg_')[1].split('"', maxsplit=1)[0]
    chosen = await browser.submit(page, **{"for": f"dlg_{delegation}"})
    code = chosen.headers["location"].split("code=")[1].split("&", maxsplit=1)[0]
    token = (await world.token(browser.redemption(code))).json()["access_token"]
    said = claims((await _exchange(world, token)).json()["access_token"])
    assert said["on_behalf_of"]["id"] == world.seeded.organisations["restaurant"]


async def test_the_chain_of_services_is_kept(browser: Browser, world: World) -> None:
    issued = await browser.tokens("citizen", scope=SCOPE)
    first = (await _exchange(world, issued["access_token"])).json()["access_token"]
    second = await _exchange(
        world, first, client="exchange", audience=f"{BASE}/api/exchange", scope="exchange.query"
    )
    assert claims(second.json()["access_token"])["act"] == {
        "sub": "exchange",
        "act": {"sub": "cases"},
    }


async def test_the_office_goes_along(browser: Browser, world: World) -> None:
    issued = await browser.tokens("officer", scope="openid staff cases.handle exchange.query")
    said = claims((await _exchange(world, issued["access_token"])).json()["access_token"])
    assert said["staff"]["id"] == world.seeded.staff["officer"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"scope": "exchange.query cases.handle"}, "invalid_scope"),
        ({"scope": "cases.apply"}, "invalid_scope"),
        ({"scope": "ops.read"}, "invalid_scope"),
        ({"audience": f"{BASE}/api/catalogue"}, "invalid_target"),
        ({"audience": "https://evil.example"}, "invalid_target"),
        ({"audience": None}, "invalid_target"),
        ({"subject_token": None}, "invalid_request"),
        ({"subject_token_type": "urn:ietf:params:oauth:token-type:id_token"}, "invalid_request"),
        (
            {"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"},
            "invalid_request",
        ),
        ({"actor_token": "x"}, "invalid_request"),
    ],
)
async def test_it_is_never_more_than_was_given(
    browser: Browser, world: World, changes: dict[str, Any], error: str
) -> None:
    issued = await browser.tokens("citizen", scope=SCOPE)
    answer = await _exchange(world, issued["access_token"], **changes)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


async def test_only_who_the_token_was_sent_to_may_exchange_it(
    browser: Browser, world: World
) -> None:
    issued = await browser.tokens("citizen", scope="openid identity.self")
    answer = await _exchange(world, issued["access_token"], audience=f"{BASE}/api/identity")
    assert answer.json()["error"] == "invalid_grant"


async def test_other_tokens_are_no_subject_tokens(browser: Browser, world: World) -> None:
    issued = await browser.tokens("citizen", scope=SCOPE)
    own = await world.own_token("cases")
    for token in (issued["id_token"], issued["refresh_token"], own, "rubbish"):
        assert (await _exchange(world, token)).json()["error"] == "invalid_grant"


async def test_it_ends_with_the_login_and_with_the_token(browser: Browser, world: World) -> None:
    issued = await browser.tokens("citizen", scope=SCOPE)
    with clock.at(later(seconds=400)):
        late = await _exchange(world, issued["access_token"])
        assert late.json()["error"] == "invalid_grant"
    await browser.http.get("/identity/end_session", params={"id_token_hint": issued["id_token"]})
    assert (await _exchange(world, issued["access_token"])).json()["error"] == "invalid_grant"


async def test_a_revoked_delegation_is_refused_at_once(browser: Browser, world: World) -> None:
    page = await browser.log_in("agent", scope=SCOPE)
    delegation = "dlg_" + page.text.split('value="dlg_')[1].split('"', maxsplit=1)[0]
    chosen = await browser.submit(page, **{"for": delegation})
    code = chosen.headers["location"].split("code=")[1].split("&", maxsplit=1)[0]
    token = (await world.token(browser.redemption(code))).json()["access_token"]
    async with world.provider.db.write() as tx:
        await world.provider.delegations.revoke(tx, world.person("owner"), delegation)
    assert (await _exchange(world, token)).json()["error"] == "invalid_grant"


async def test_who_is_not_registered_for_it_may_not(browser: Browser, world: World) -> None:
    issued = await browser.tokens("citizen", scope=SCOPE)
    answer = await _exchange(world, issued["access_token"], client="portal")
    assert answer.json()["error"] == "unauthorized_client"


async def _exchange(
    world: World, token: str, *, client: str = "cases", **changes: Any
) -> httpx.Response:
    form: dict[str, Any] = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": token,
        "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "audience": EXCHANGE,
        **world.proof(client),
    } | changes
    return await world.token({name: value for name, value in form.items() if value is not None})
