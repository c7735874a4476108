"""The API under /v1: one's own record, what services read of it, agents, accounts, offices."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.clock import rfc3339
from tests.support.identity import BASE, Browser, World, claims, later

NUMBER = "990102199603140423"


@pytest.fixture
def world(world_anywhere: World) -> World:
    """On SQLite and on PostgreSQL in turn."""
    return world_anywhere


@pytest.fixture
async def api(world: World) -> AsyncGenerator[httpx.AsyncClient]:
    async with world.http() as http:
        yield http


async def test_a_person_sees_himself_masked(
    api: httpx.AsyncClient, browser: Browser, world: World
) -> None:
    told = (await api.get("/v1/me", headers=await _as(browser, "citizen"))).json()
    assert told["id"] == world.person("citizen")
    assert told["name"] == "张若溪"
    assert told["id_number"] == "9901**********0423"
    assert told["phone"] == "199****0001"
    assert told["level"] == 3
    assert told["acting_for"] is None
    assert told["may_act_for"] == []


async def test_whole_numbers_come_for_filling_ones_own_form(
    api: httpx.AsyncClient, browser: Browser
) -> None:
    headers = await _as(browser, "citizen")
    told = await api.get("/v1/me", params={"purpose": "prefill", "item": "x"}, headers=headers)
    assert told.json()["id_number"] == NUMBER
    unnamed = await api.get("/v1/me", params={"purpose": "prefill"}, headers=headers)
    assert unnamed.status_code == 403


@pytest.mark.parametrize("item", ["", "-x", "a b", "事项", "x" * 65, "a/../b"])
async def test_a_form_is_named_by_what_can_be_a_code(
    api: httpx.AsyncClient, browser: Browser, item: str
) -> None:
    headers = await _as(browser, "citizen")
    told = await api.get("/v1/me", params={"purpose": "prefill", "item": item}, headers=headers)
    assert told.status_code == 422
    assert NUMBER not in told.text
    assert (await api.get("/v1/me/access-log", headers=headers)).json()["items"] == []


async def test_each_client_that_got_the_whole_numbers_is_in_the_log(
    api: httpx.AsyncClient, browser: Browser, world: World
) -> None:
    headers = await _as(browser, "citizen")
    await api.get("/v1/me", headers=headers)
    for item in ("A-1", "A-2"):
        told = await api.get("/v1/me", params={"purpose": "prefill", "item": item}, headers=headers)
        assert told.status_code == 200
    log = (await api.get("/v1/me/access-log", headers=headers)).json()["items"]
    assert ["A-2" in log[0]["basis"], "A-1" in log[1]["basis"], len(log)] == [True, True, 2]
    client = claims(headers["Authorization"].removeprefix("Bearer "))["client_id"]
    assert {(row["reader"], row["client"], row["purpose"]) for row in log} == {
        (world.person("citizen"), client, "prefill")
    }
    assert log[0]["fields"] == ["email", "id_number", "name", "phone"]
    assert log[0]["basis"].startswith("本人")
    assert NUMBER not in str(log)


async def test_a_service_reads_a_person_for_a_case_and_the_person_sees_it(
    api: httpx.AsyncClient, browser: Browser, world: World
) -> None:
    person = world.person("citizen")
    asked = {"purpose": "case", "case": "C-1", "fields": ["name", "id_number"]}
    answer = await api.get(f"/v1/people/{person}", params=asked, headers=await _service(world))
    assert answer.json() == {
        "id": person,
        "level": 3,
        "fields": {"name": "张若溪", "id_number": NUMBER},
    }
    log = (await api.get("/v1/me/access-log", headers=await _as(browser, "citizen"))).json()
    [row] = log["items"]
    assert (row["client"], row["case"], row["purpose"]) == ("cases", "C-1", "case")
    assert row["fields"] == ["id_number", "name"]
    assert row["basis"]
    assert NUMBER not in str(log)


async def test_the_access_log_has_pages(
    api: httpx.AsyncClient, browser: Browser, world: World
) -> None:
    service, headers = await _service(world), await _as(browser, "citizen")
    person = world.person("citizen")
    for number in range(5):
        asked = {"purpose": "case", "case": f"C-{number}", "fields": "name"}
        await api.get(f"/v1/people/{person}", params=asked, headers=service)
    seen, cursor = [], None
    while True:
        page: dict[str, Any] = (
            await api.get(
                "/v1/me/access-log",
                params={"limit": 2, **({"cursor": cursor} if cursor else {})},
                headers=headers,
            )
        ).json()
        seen += [row["case"] for row in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == ["C-4", "C-3", "C-2", "C-1", "C-0"]


async def test_nobody_else_reads_a_person(
    api: httpx.AsyncClient, browser: Browser, world: World
) -> None:
    person, asked = world.person("owner"), {"purpose": "case", "fields": "name"}
    citizen = await _as(browser, "citizen")
    assert (await api.get(f"/v1/people/{person}", params=asked, headers=citizen)).status_code == 403
    assert (await api.get(f"/v1/people/{person}", params=asked)).status_code == 401
    officer = Browser(world)
    staff = await _as(officer, "security", scope="openid staff identity.manage")
    refused = await api.get(f"/v1/people/{person}", params=asked, headers=staff)
    assert refused.json()["reason"] == "not_oneself"
    service = await _service(world)
    vague = await api.get(f"/v1/people/{person}", params={"fields": "name"}, headers=service)
    assert vague.status_code == 422
    await officer.close()


async def test_an_organisation_is_read_by_its_people_and_by_services(
    api: httpx.AsyncClient, browser: Browser, world: World
) -> None:
    address = f"/v1/organisations/{world.seeded.organisations['restaurant']}"
    told = (await api.get(address, headers=await _service(world))).json()
    assert told["code"] == "91990102MA6K21QX5W"
    assert told["legal_representative"] == world.person("owner")
    assert (await api.get(address, headers=await _as(browser, "citizen"))).status_code == 403


async def test_an_agent_is_named_and_revoked_at_once(
    api: httpx.AsyncClient, browser: Browser, world: World
) -> None:
    headers = await _as(browser, "owner")
    wish = _wish(world, "citizen")
    key = {"Idempotency-Key": "once"}
    made = await api.post("/v1/me/delegations", json=wish, headers=headers | key)
    again = await api.post("/v1/me/delegations", json=wish, headers=headers | key)
    assert made.status_code == 201
    assert again.json() == made.json()
    delegation = made.json()["id"]
    agent = Browser(world)
    theirs = await _as(Browser(world), "citizen")
    listed = (await api.get("/v1/me/delegations", headers=theirs)).json()
    assert [one["id"] for one in listed["offered"]] == [delegation]
    accepted = await api.post(f"/v1/me/delegations/{delegation}/accept", headers=theirs)
    assert accepted.json()["accepted_at"] is not None
    assert delegation in (await agent.log_in("citizen")).text
    ended = await api.post(f"/v1/me/delegations/{delegation}/revoke", headers=headers)
    assert ended.json()["revoked_at"]
    assert "code=" in (await agent.authorize()).headers["location"]
    await agent.close()


async def test_nobody_grants_more_than_he_has(
    api: httpx.AsyncClient, browser: Browser, world: World
) -> None:
    headers = await _as(browser, "agent")
    answer = await api.post("/v1/me/delegations", json=_wish(world, "citizen"), headers=headers)
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (
        409,
        "refused-by-rule",
    )


async def test_a_wrong_wish_is_told_by_field(
    api: httpx.AsyncClient, browser: Browser, world: World
) -> None:
    headers = await _as(browser, "owner")
    for changes, field in (
        ({"agent": "psn_nobody"}, "agent"),
        ({"agent": world.person("owner")}, "agent"),
        ({"valid_until": rfc3339(later(days=-1))}, "valid_until"),
        ({"valid_until": rfc3339(later(days=5000))}, "valid_until"),
        ({"items": []}, "items"),
        ({"colour": "blue"}, "colour"),
    ):
        wish = _wish(world, "citizen") | changes
        answer = await api.post("/v1/me/delegations", json=wish, headers=headers)
        assert answer.status_code == 422, changes
        assert answer.json()["errors"][0]["pointer"] == f"/{field}"


async def test_strangers_cannot_end_a_delegation(
    api: httpx.AsyncClient, browser: Browser, world: World
) -> None:
    agent = Browser(world)
    held = (await api.get("/v1/me", headers=await _as(agent, "agent"))).json()["may_act_for"]
    address = f"/v1/me/delegations/{held[0]['delegation']}/revoke"
    assert (await api.post(address, headers=await _as(browser, "citizen"))).status_code == 404
    assert (await api.post(address, headers=await _as(agent, "agent"))).status_code == 200
    await agent.close()


async def test_an_account_is_opened_with_three_fields(api: httpx.AsyncClient) -> None:
    wish = {"login_name": "newcomer", "phone": "13800138000", "password": "a sentence to keep"}
    made = await api.post("/v1/people", json=wish)
    assert (made.status_code, made.json()["level"]) == (201, 1)
    assert (await api.post("/v1/people", json=wish)).status_code == 409
    for changes in ({"phone": "12"}, {"password": "short"}, {"login_name": "1x"}):
        assert (await api.post("/v1/people", json=wish | changes)).status_code == 422


async def test_of_two_who_want_the_same_name_at_once_one_gets_it(world_anywhere: World) -> None:
    wish = {"login_name": "newcomer", "phone": "13800138000", "password": "a sentence to keep"}
    async with world_anywhere.http() as http:
        made = await asyncio.gather(*(http.post("/v1/people", json=wish) for _ in range(3)))
    assert sorted(one.status_code for one in made) == [201, 409, 409]


async def test_a_phone_that_nobody_proved_does_not_log_in(
    api: httpx.AsyncClient, browser: Browser
) -> None:
    wish = {"login_name": "squatter", "phone": "19900000001", "password": "a sentence to keep"}
    assert (await api.post("/v1/people", json=wish)).status_code == 201
    page = await browser.log_in("19900000001", "a sentence to keep")
    assert page.status_code == 400


async def test_an_office_that_ends_ends_its_logins(
    api: httpx.AsyncClient, browser: Browser, world: World
) -> None:
    officer = await _as(browser, "officer", scope="openid staff identity.self")
    administrator = Browser(world)
    headers = await _as(administrator, "security", scope="openid staff identity.manage")
    address = f"/v1/staff/{world.seeded.staff['officer']}/deactivate"
    assert (await api.post(address, headers=await _service(world))).status_code == 403
    assert (await api.post(address, headers=headers)).json()["status"] == "deactivated"
    assert (await api.get("/v1/me", headers=officer)).status_code == 401
    assert (await api.post(address, headers=headers)).status_code == 404
    await administrator.close()


async def test_changes_leave_evidence_and_events_without_a_name(
    world: World, tmp_path: Path
) -> None:
    async with world.provider.db.read() as connection:
        evidence = await connection.exec_driver_sql("SELECT row FROM evidence_rows")
        told = "".join(evidence.scalars())
    for act in ("appoint_staff", "grant_delegation", "register_client"):
        assert act in told
    events = _everything(tmp_path / "events.db")
    async with asyncio.timeout(10):
        while "staff_appointed" not in events:
            await asyncio.sleep(0.05)
            events = _everything(tmp_path / "events.db")
    assert "person_registered" in events
    assert "delegation_granted" in events
    told += events
    for personal in (NUMBER, "张若溪", "19900000001"):
        assert personal not in told


async def _as(browser: Browser, who: str, scope: str = "openid identity.self") -> dict[str, str]:
    issued = await browser.tokens(who, scope=scope)
    return {"Authorization": f"Bearer {issued['access_token']}"}


async def _service(world: World) -> dict[str, str]:
    token = await world.own_token("cases", audience=f"{BASE}/api/identity")
    return {"Authorization": f"Bearer {token}"}


def _wish(world: World, agent: str) -> dict[str, Any]:
    return {
        "organisation": world.seeded.organisations["restaurant"],
        "agent": world.person(agent),
        "items": ["A-1"],
        "valid_until": rfc3339(later(days=30)),
    }


def _everything(file: Path) -> str:
    raw = b"".join(part.read_bytes() for part in sorted(file.parent.glob(f"{file.name}*")))
    return raw.decode("utf-8", "replace")
