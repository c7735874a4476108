"""A copy of everything, and leaving: thought over, then nothing stays but an opaque id."""

import asyncio
import re
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from services.identity.store import closings
from services.identity.store.metadata import metadata
from services.identity.store.people import people
from shared import clock
from tests.support.identity import PASSWORD, Browser, World, later
from tests.support.stations import until

PRIVACY = "/identity/account/privacy"
NUMBER, PHONE = "990102199603140423", "19900000001"


@pytest.fixture
def world(world_anywhere: World) -> World:
    """On SQLite and on PostgreSQL in turn."""
    return world_anywhere


async def opened(world: World, who: str) -> Browser:
    """A browser in which somebody is logged in to his account."""
    browser = Browser(world)
    page = await browser.follow(await browser.http.get(PRIVACY))
    await browser.submit(page, username=who, password=PASSWORD)
    return browser


async def leave(browser: Browser, **fields: str) -> httpx.Response:
    """Send the form of leaving."""
    page = await browser.http.get(f"{PRIVACY}/leave")
    token = re.search(r'name="token" value="([^"]+)"', page.text)
    assert token is not None, page.text
    sent = await browser.http.post(f"{PRIVACY}/leave", data={"token": token[1], **fields})
    return await browser.follow(sent)


async def row_of(world: World, person: str) -> dict[str, object]:
    """What is stored of a person."""
    async with world.provider.db.read() as connection:
        found = (await connection.execute(select(people).where(people.c.id == person))).one()
    return dict(found._mapping)


async def test_a_person_takes_a_copy_of_everything_that_is_kept_of_him(world: World) -> None:
    async with world.http() as api:
        token = (await Browser(world).tokens("agent"))["access_token"]
        asked = {"purpose": "prefill", "item": "ITEM-1"}
        await api.get("/v1/me", params=asked, headers={"Authorization": f"Bearer {token}"})
    browser = await opened(world, "agent")
    answer = await browser.http.get(f"{PRIVACY}/export")
    assert answer.headers["content-disposition"].startswith("attachment")
    told = answer.json()
    assert told["profile"]["id_number"] == "990102199106050339"
    assert told["delegations"][0]["principal"]["type"] == "org"
    assert told["authorizations"][0]["client"] == "portal"
    assert len(told["logins"]) == 2
    assert "ITEM-1" in told["who_looked"][0]["basis"]
    assert "hash" not in answer.text
    assert "argon2" not in answer.text


async def test_a_copy_and_leaving_ask_for_a_young_login(world: World) -> None:
    browser = await opened(world, "citizen")
    with clock.at(later(minutes=30)):
        assert (await browser.http.get(PRIVACY)).status_code == 200
        for path in ("export", "leave"):
            page = await browser.follow(await browser.http.get(f"{PRIVACY}/{path}"))
            assert 'name="password"' in page.text


async def test_who_leaves_may_think_better_of_it(world: World) -> None:
    browser = await opened(world, "citizen")
    assert "输入" in (await leave(browser, act="leave", word="")).text
    assert "账户将于" in (await leave(browser, act="leave", word="注销")).text
    await world.provider.closing.close_due()
    assert (await row_of(world, world.person("citizen")))["status"] == "active"
    assert "账户将于" not in (await leave(browser, act="stay")).text
    with clock.at(later(days=40)):
        await world.provider.closing.close_due()
    assert (await row_of(world, world.person("citizen")))["status"] == "active"


async def test_when_the_time_is_over_nothing_stays_but_an_opaque_id(
    world: World, tmp_path: Path
) -> None:
    person = world.person("citizen")
    tokens = await (portal := Browser(world)).tokens("citizen")
    browser = await opened(world, "citizen")
    await leave(browser, act="leave", word="注销")
    with clock.at(later(days=15, seconds=1)):
        await world.provider.closing.close_due()
    left = await row_of(world, person)
    assert left["status"] == "closed"
    kept = {"id", "level", "status", "sequence", "version", "created_at", "changed_at"}
    assert all(left[name] is None for name in left.keys() - kept)
    async with world.http() as api:
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        assert (await api.get("/v1/me", headers=headers)).status_code == 401
    fresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    refused = await world.token(fresh | world.proof("portal"))
    assert refused.json()["error"] == "invalid_grant"
    assert "账号或密码不正确" in (await Browser(world).log_in("citizen")).text
    assert 'name="password"' in (await browser.follow(await browser.http.get(PRIVACY))).text
    assert await told(tmp_path, "tongban.identity.person_closed.v1")
    await portal.close()


async def test_a_phone_and_a_number_are_free_again_for_who_comes_back(world: World) -> None:
    browser = await opened(world, "citizen")
    await leave(browser, act="leave", word="close")
    with clock.at(later(days=16)):
        await world.provider.closing.close_due()
    async with world.provider.db.read() as connection:
        for field, value in (("id_number", NUMBER), ("phone", PHONE)):
            assert await world.provider.people.by_index(connection, field, value) is None


async def test_an_agents_authority_ends_with_his_account(world: World) -> None:
    browser = await opened(world, "agent")
    await leave(browser, act="leave", word="注销")
    with clock.at(later(days=16)):
        await world.provider.closing.close_due()
        owner = world.person("owner")
        async with world.provider.db.read() as connection:
            from_owner = await connection.execute(select(metadata.tables["delegations"]))
        stand = [row.agent for row in from_owner if row.revoked_at is None]
    assert stand == [owner]


@pytest.mark.parametrize("who", ["owner", "officer"])
async def test_who_still_answers_for_others_cannot_leave_yet(world: World, who: str) -> None:
    browser = await opened(world, who)
    answer = await leave(browser, act="leave", word="注销")
    assert "请先" in answer.text
    assert "账户将于" not in answer.text


def test_every_table_that_names_a_person_is_in_the_retention_table() -> None:
    named = {
        table
        for table in metadata.sorted_tables
        if "person" in table.c or any(key.column.table is people for key in table.foreign_keys)
    } - {metadata.tables["evidence_salts"]}  # the evidence forgets them itself
    assert named <= set(closings.ERASED) | set(closings.KEPT)


async def told(folder: Path, kind: str) -> bool:
    """Whether the others learn of an event, as soon as the relay has come to it."""

    def written() -> bool:
        return any(kind.encode() in file.read_bytes() for file in folder.glob("events.db*"))

    await until(lambda: asyncio.to_thread(written))
    return True
