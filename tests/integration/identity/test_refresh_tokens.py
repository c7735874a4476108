"""Refresh tokens: rotated, bound to their client, and a reuse ends the family."""

import asyncio
from typing import Any

import httpx
import pytest

from services.identity.domain.clients import REFRESH_TOKEN, Client
from shared import clock
from tests.support.identity import Browser, World, claims, later


async def test_each_refresh_gives_the_next(browser: Browser, world: World) -> None:
    first = await browser.tokens("citizen")
    second = (await _refresh(world, first["refresh_token"])).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert claims(second["access_token"])["sid"] == claims(first["access_token"])["sid"]
    assert (await _refresh(world, second["refresh_token"])).status_code == 200


async def test_a_reuse_after_the_successor_was_used_ends_the_family(
    browser: Browser, world: World
) -> None:
    first = await browser.tokens("citizen")
    second = (await _refresh(world, first["refresh_token"])).json()
    third = (await _refresh(world, second["refresh_token"])).json()
    assert _error(await _refresh(world, first["refresh_token"])) == "invalid_grant"
    assert _error(await _refresh(world, third["refresh_token"])) == "invalid_grant"
    assert not await _is_active(world, third["access_token"])


async def test_a_reuse_after_the_grace_ends_the_family(browser: Browser, world: World) -> None:
    first = await browser.tokens("citizen")
    second = (await _refresh(world, first["refresh_token"])).json()
    with clock.at(later(seconds=5)):
        assert _error(await _refresh(world, first["refresh_token"])) == "invalid_grant"
        assert _error(await _refresh(world, second["refresh_token"])) == "invalid_grant"


async def test_two_tabs_that_refresh_at_once_get_the_same_successor(
    browser: Browser, world: World
) -> None:
    first = await browser.tokens("citizen")
    answers = await asyncio.gather(*(_refresh(world, first["refresh_token"]) for _ in range(5)))
    assert {one.status_code for one in answers} == {200}
    assert len({one.json()["refresh_token"] for one in answers}) == 1


async def test_the_scope_may_shrink_and_never_grow(browser: Browser, world: World) -> None:
    first = await browser.tokens("citizen", scope="openid cases.read")
    grown = await _refresh(world, first["refresh_token"], scope="openid cases.read cases.apply")
    assert _error(grown) == "invalid_scope"
    shrunk = await _refresh(world, first["refresh_token"], scope="cases.read")
    assert claims(shrunk.json()["access_token"])["scope"] == "cases.read"


async def test_another_clients_refresh_token_is_refused(browser: Browser, world: World) -> None:
    first = await browser.tokens("citizen")
    await world.register(
        Client(
            id="stranger",
            name="stranger",
            auth_method="none",
            grant_types=frozenset({REFRESH_TOKEN}),
            scopes=frozenset({"openid"}),
        )
    )
    form = {
        "grant_type": "refresh_token",
        "refresh_token": first["refresh_token"],
        "client_id": "stranger",
    }
    assert _error(await world.token(form)) == "invalid_grant"
    assert (await _refresh(world, first["refresh_token"])).status_code == 200


@pytest.mark.parametrize("which", ["access_token", "id_token"])
async def test_other_tokens_are_no_refresh_tokens(
    browser: Browser, world: World, which: str
) -> None:
    issued = await browser.tokens("citizen")
    assert _error(await _refresh(world, issued[which])) == "invalid_grant"


async def test_refresh_ends_with_the_login(browser: Browser, world: World) -> None:
    issued = await browser.tokens("citizen")
    await browser.http.get("/identity/end_session", params={"id_token_hint": issued["id_token"]})
    assert _error(await _refresh(world, issued["refresh_token"])) == "invalid_grant"
    assert not await _is_active(world, issued["access_token"])


async def test_refresh_ends_with_the_office(browser: Browser, world: World) -> None:
    issued = await browser.tokens("officer", scope="openid staff cases.handle")
    async with world.provider.db.write() as tx:
        await world.provider.offices.deactivate(tx, world.seeded.staff["officer"], by="test")
    assert _error(await _refresh(world, issued["refresh_token"])) == "invalid_grant"


async def _refresh(world: World, token: str, **form: Any) -> httpx.Response:
    asked = {"grant_type": "refresh_token", "refresh_token": token, **form}
    return await world.token(asked | world.proof("portal"))


async def _is_active(world: World, token: str) -> bool:
    async with world.http() as http:
        answer = await http.post(
            "/identity/introspect", data={"token": token, **world.proof("portal")}
        )
    return bool(answer.json()["active"])


def _error(answer: httpx.Response) -> str:
    assert answer.status_code == 400, answer.text
    return str(answer.json()["error"])
