"""A grant that is revoked while tokens are issued under it leaves none of them alive."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest

from services.identity.store import grants, tokens
from shared.clock import now
from tests.support.identity import BASE, Browser, World, claims, later

_TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
_ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"

Issue = Callable[[World, dict[str, Any]], Coroutine[Any, Any, httpx.Response]]


async def _refresh(world: World, issued: dict[str, Any]) -> httpx.Response:
    form = {"grant_type": "refresh_token", "refresh_token": issued["refresh_token"]}
    return await world.token(form | world.proof("portal"))


async def _exchange(world: World, issued: dict[str, Any]) -> httpx.Response:
    form = {
        "grant_type": _TOKEN_EXCHANGE,
        "subject_token": issued["access_token"],
        "subject_token_type": _ACCESS_TOKEN,
        "audience": f"{BASE}/api/exchange",
        "scope": "exchange.query",
    }
    return await world.token(form | world.proof("cases"))


@pytest.mark.parametrize("issue", [_refresh, _exchange])
async def test_who_issues_waits_for_a_revocation_and_is_refused(
    world_anywhere: World, issue: Issue
) -> None:
    world, issued = world_anywhere, await _issued(world_anywhere)
    assert (await issue(world, issued)).status_code == 200
    issued = await _issued(world)
    async with world.provider.db.write() as tx:
        await world.provider.records.revoke_grant(tx, await _grant(tx, issued), now())
        asked = asyncio.create_task(issue(world, issued))
        await asyncio.sleep(0.3)
        assert not asked.done()
    answer = await asked
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


async def test_a_revocation_waits_for_who_issues_and_takes_his_token_too(
    world_anywhere: World,
) -> None:
    world, issued = world_anywhere, await _issued(world_anywhere)
    async with world.provider.db.write() as tx:
        grant = await _grant(tx, issued)
        assert await grants.lock_grant(tx, grant, shared=True)
        form = {"token": issued["refresh_token"], **world.proof("portal")}
        revoked = asyncio.create_task(_revoke(world, form))
        await asyncio.sleep(0.3)
        assert not revoked.done()
        await tokens.add_access_token(tx, "jti_late", grant, later(minutes=5))
    assert (await revoked).status_code == 200
    async with world.provider.db.read() as connection:
        assert await tokens.is_revoked(connection, "jti_late")


async def test_reuse_and_refresh_at_once_end_the_family_and_nobody_hangs(
    world_anywhere: World,
) -> None:
    world, first = world_anywhere, await _issued(world_anywhere)
    second = (await _refresh(world, first)).json()
    third = (await _refresh(world, second)).json()
    answers = await asyncio.wait_for(
        asyncio.gather(*(_refresh(world, one) for one in (third, first, third, first, second))), 20
    )
    assert {one.status_code for one in answers} <= {200, 400}
    given = [first, second, third, *(one.json() for one in answers if one.is_success)]
    async with world.provider.db.read() as connection:
        for one in given:
            assert await tokens.is_revoked(connection, claims(one["access_token"])["jti"])


async def _issued(world: World) -> dict[str, Any]:
    browser = Browser(world)
    try:
        return await browser.tokens("citizen", scope="openid exchange.query cases.read")
    finally:
        await browser.close()


async def _grant(connection: Any, issued: dict[str, Any]) -> str:
    found = await tokens.grant_of(connection, claims(issued["access_token"])["jti"])
    assert found is not None
    return found


async def _revoke(world: World, form: dict[str, str]) -> httpx.Response:
    async with world.http() as http:
        return await http.post("/identity/revoke", data=form)
