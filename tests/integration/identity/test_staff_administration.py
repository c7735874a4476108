"""Administrators create offices, grant roles and end them, each only what is his duty."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from services.identity.store.staff import find_staff
from shared import clock
from shared.ids import uuid7
from tests.support.desk import HALL, Desk, at_desk, soon
from tests.support.identity import DEPARTMENT, REGION, World, claims, later

STAFF = "/v1/staff"


@pytest.fixture
async def desk(world_anywhere: World) -> AsyncGenerator[Desk]:
    """On SQLite and on PostgreSQL in turn."""
    async with at_desk(world_anywhere) as ready:
        yield ready


def office_for(who: str, **more: Any) -> dict[str, Any]:
    return {"login_name": who, "department": HALL, "region": REGION[:6], **more}


async def test_one_creates_another_grants_and_then_somebody_works(desk: Desk) -> None:
    made = await desk.done("system", STAFF, office_for("citizen", positions=["综合窗口"]))
    assert (made["status"], made["roles"], made["region"]) == ("pending", [], REGION)
    path = f"{STAFF}/{made['id']}"
    assert (await desk.post("security", f"{path}/activate")).status_code == 409
    granted = await desk.done("security", f"{path}/grant-role", {"role": "clerk"})
    assert granted["version"] == 2
    assert (await desk.done("security", f"{path}/activate"))["status"] == "active"
    said = claims(await desk.token("citizen"))["staff"]
    assert said == {
        "id": made["id"],
        "department": HALL,
        "region": REGION,
        "positions": ["综合窗口"],
        "roles": ["clerk"],
    }


async def test_the_three_do_only_what_is_each_ones_duty(desk: Desk) -> None:
    office = f"{STAFF}/{desk.world.seeded.staff['officer']}"
    there = {"department": HALL, "region": REGION}
    duties: list[tuple[str, str, Any, str]] = [
        ("system", STAFF, office_for("citizen"), "POST"),
        ("system", office, {"positions": []}, "PATCH"),
        ("system", f"{office}/move", there, "POST"),
        ("security", f"{office}/grant-role", {"role": "clerk"}, "POST"),
        ("security", f"{office}/take-role", {"role": "officer"}, "POST"),
        ("security", f"{office}/activate", None, "POST"),
        ("security", f"{office}/deactivate", None, "POST"),
    ]
    for duty, path, body, method in duties:
        for who in {"system", "security", "auditor", "officer"} - {duty}:
            answer = await desk.post(who, path, body, method=method)
            assert answer.status_code == 403, (who, path)
    assert (await desk.get("auditor", "/v1/evidence")).status_code == 200
    for who in ("system", "security", "officer"):
        assert (await desk.get(who, "/v1/evidence")).status_code == 403


async def test_nobody_administers_himself(desk: Desk) -> None:
    own = f"{STAFF}/{desk.world.seeded.staff['security']}"
    answer = await desk.post("security", f"{own}/grant-role", {"role": "data_officer"})
    assert answer.json()["reason"] == "own_office"
    answer = await desk.post("system", STAFF, office_for("system"))
    assert answer.json()["reason"] == "own_office"


async def test_an_administrator_reaches_his_region_and_no_other(desk: Desk) -> None:
    elsewhere = office_for("citizen") | {"region": "990121"}
    assert (await desk.post("system", STAFF, elsewhere)).json()["reason"] == "other_region"
    office = f"{STAFF}/{desk.world.seeded.staff['officer']}"
    answer = await desk.post(
        "system", f"{office}/move", {"department": DEPARTMENT, "region": "990121"}
    )
    assert answer.json()["reason"] == "other_region"


async def test_roles_that_exclude_each_other_meet_in_no_person(desk: Desk) -> None:
    second = await desk.join("citizen", "clerk", department=HALL)
    await desk.join("citizen", "catalogue_editor")
    for role in ("inspector", "audit_administrator"):
        answer = await desk.post("security", f"{STAFF}/{second}/grant-role", {"role": role})
        assert answer.status_code == 409
        assert "职责分离" in answer.json()["detail"]
    other = await desk.join("agent", "inspector")
    answer = await desk.post("security", f"{STAFF}/{other}/grant-role", {"role": "clerk"})
    assert answer.status_code == 409


async def test_two_grants_at_once_do_not_slip_past_the_rule(desk: Desk) -> None:
    one = await desk.join("citizen", "catalogue_editor")
    other = await desk.join("citizen", "catalogue_editor", department=HALL)
    answers = await asyncio.gather(
        desk.post("security", f"{STAFF}/{one}/grant-role", {"role": "system_administrator"}),
        desk.post("security", f"{STAFF}/{other}/grant-role", {"role": "audit_administrator"}),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_a_change_says_which_version_it_saw(desk: Desk) -> None:
    path = f"{STAFF}/{desk.world.seeded.staff['officer']}"
    seen = (await desk.get("system", path)).headers["etag"]
    wanted = {"positions": ["户籍民警", "值班"], "ends_at": soon(days=30)}
    answer = await desk.post("system", path, wanted, method="PATCH", if_match=seen)
    assert answer.status_code == 200
    assert answer.headers["etag"] != seen
    body = {"positions": ["值班"]}
    kept = await desk.post("system", path, body, method="PATCH")
    assert kept.json()["ends_at"] == answer.json()["ends_at"]
    lost = await desk.post("system", path, wanted, method="PATCH", if_match=seen)
    assert lost.status_code == 412
    assert lost.json()["changed_by"] == desk.world.person("system")


async def test_the_same_key_creates_one_office(desk: Desk) -> None:
    key = {"idempotency_key": uuid7()}
    first = await desk.post("system", STAFF, office_for("citizen"), **key)
    again = await desk.post("system", STAFF, office_for("citizen"), **key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert (await desk.post("system", STAFF, office_for("citizen"))).status_code == 409


async def test_lists_show_what_somebody_may_see_page_by_page(desk: Desk) -> None:
    for who in ("citizen", "agent", "owner"):
        await desk.join(who, "clerk", department=HALL)
    everybody = await _listed(desk, "system", limit=2)
    assert len(everybody) == len({one["id"] for one in everybody}) == 7
    hall = await _listed(desk, "auditor", department=HALL)
    assert {one["department"] for one in hall} == {HALL}
    assert len(hall) == 3
    colleagues = await _listed(desk, "citizen")
    assert {one["department"] for one in colleagues} == {HALL}
    assert not await _listed(desk, "citizen", department=DEPARTMENT)
    assert await _listed(desk, "system", region="990000", descendants=True) == everybody
    assert not await _listed(desk, "system", region="990000")
    officer = desk.world.seeded.staff["officer"]
    assert (await desk.get("citizen", f"{STAFF}/{officer}")).status_code == 404


async def _listed(desk: Desk, who: str, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    for _ in range(10):
        answer = await desk.get(who, STAFF, **query, **cursor)
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        if answer.json()["next"] is None:
            return found
        cursor = {"cursor": answer.json()["next"]}
    raise AssertionError("the list does not end")


async def test_who_is_on_a_list_sees_who_read_his_name(desk: Desk) -> None:
    shown = await _listed(desk, "auditor")
    assert "江涛" in {one["name"] for one in shown}
    log = (await desk.get("officer", "/v1/me/access-log")).json()["items"]
    read = [one for one in log if one["reader"] == desk.world.person("auditor")]
    assert [(one["fields"], one["purpose"]) for one in read] == [(["name"], "administration")]


async def test_a_role_taken_is_gone_from_every_token_at_once(desk: Desk) -> None:
    office = await desk.join("citizen", "officer", "data_officer", department=HALL)
    issued = await desk.issued("citizen")
    headers = {"Authorization": f"Bearer {issued['access_token']}"}
    assert (await desk.http.get("/v1/roles", headers=headers)).status_code == 200
    await desk.done("security", f"{STAFF}/{office}/take-role", {"role": "data_officer"})
    assert (await desk.http.get("/v1/roles", headers=headers)).status_code == 401
    assert claims(await desk.new_token("citizen"))["staff"]["roles"] == ["officer"]


async def test_a_move_leaves_no_token_of_the_old_place(desk: Desk) -> None:
    office = desk.world.seeded.staff["officer"]
    assert (await desk.get("officer", "/v1/roles")).status_code == 200
    there = {"department": HALL, "region": REGION}
    assert (await desk.done("system", f"{STAFF}/{office}/move", there))["department"] == HALL
    assert (await desk.get("officer", "/v1/roles")).status_code == 401
    assert claims(await desk.new_token("officer"))["staff"]["department"] == HALL


async def test_ended_and_activated_again_it_is_the_same_office(desk: Desk) -> None:
    office = desk.world.seeded.staff["officer"]
    assert (await desk.get("officer", "/v1/roles")).status_code == 200
    ended = await desk.done("security", f"{STAFF}/{office}/deactivate")
    assert ended["status"] == "deactivated"
    assert (await desk.get("officer", "/v1/roles")).status_code == 401
    again = await desk.done("security", f"{STAFF}/{office}/activate")
    assert (again["id"], again["status"]) == (office, "active")
    assert claims(await desk.new_token("officer"))["staff"]["id"] == office


async def test_a_contract_ends_by_itself(desk: Desk) -> None:
    office = desk.world.seeded.staff["officer"]
    ends = later(seconds=90)
    body = {"positions": [], "ends_at": ends.isoformat()}
    changed = await desk.post("system", f"{STAFF}/{office}", body, method="PATCH")
    assert changed.status_code == 200
    issued = await desk.issued("officer")
    assert claims(issued["access_token"])["exp"] <= ends.timestamp()
    with clock.at(later(seconds=91)):
        await desk.world.provider.expiry()
    async with desk.world.provider.db.read() as connection:
        held = await find_staff(connection, office)
    assert held is not None
    assert (held.status, held.changed_by) == ("deactivated", "clock")


async def test_a_role_is_changed_with_evidence_but_never_the_three(desk: Desk) -> None:
    roles = {one["code"]: one for one in (await desk.get("officer", "/v1/roles")).json()["items"]}
    clerk = {name: roles["clerk"][name] for name in ("zh", "en", "scopes", "conflicts")}
    wanted = clerk | {"scopes": ["cases.read"], "zh": "导办"}
    before = claims(await desk.token("officer"))["scope"]
    assert "cases.handle" in before
    put = await desk.post("security", "/v1/roles/clerk", wanted, method="PUT", if_match='"0"')
    assert (put.status_code, put.json()["version"]) == (200, 1)
    lost = await desk.post("security", "/v1/roles/clerk", wanted, method="PUT", if_match='"0"')
    assert lost.status_code == 412
    await desk.join("citizen", "clerk", department=HALL)
    assert "cases.handle" not in claims(await desk.token("citizen"))["scope"]
    three = clerk | {"scopes": ["ops.read"], "conflicts": []}
    refused = await desk.post("security", "/v1/roles/audit_administrator", three, method="PUT")
    assert refused.status_code == 409
    assert (await desk.post("system", "/v1/roles/x_y", wanted, method="PUT")).status_code == 403
    acts = (await desk.get("auditor", "/v1/evidence")).json()["items"]
    assert "change_role" in {one["act"] for one in acts}


async def test_an_office_narrowed_since_gives_narrower_tokens(desk: Desk) -> None:
    issued = await desk.issued("officer")
    role = {"zh": "承办人", "en": "Case officer", "scopes": ["cases.read"]}
    await desk.post("security", "/v1/roles/officer", role, method="PUT")
    form = {"grant_type": "refresh_token", "refresh_token": issued["refresh_token"]}
    answer = await desk.world.token(form | desk.world.proof("portal"))
    assert answer.status_code == 200, answer.text
    assert "cases.handle" not in answer.json()["scope"]
