"""During an absence a deputy fills the office; his token says whose, and it ends on time."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from shared import clock
from tests.support.desk import HALL, Desk, at_desk, soon
from tests.support.identity import World, claims, later


class Absence:
    """An approver who is away, and a colleague who has only an officer's role."""

    def __init__(self, desk: Desk, approver: str, colleague: str) -> None:
        self.desk = desk
        self.approver = approver
        self.colleague = colleague

    async def named(self, who: str = "owner", **changes: Any) -> Any:
        body = {"deputy": self.colleague, "ends_at": soon(days=3)} | changes
        return await self.desk.post(who, f"/v1/staff/{self.approver}/deputations", body)

    async def deputation(self, **changes: Any) -> str:
        answer = await self.named(**changes)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])


@pytest.fixture
async def away(world_anywhere: World) -> AsyncGenerator[Absence]:
    """On SQLite and on PostgreSQL in turn."""
    async with at_desk(world_anywhere) as desk:
        approver = await desk.join("owner", "approver", "catalogue_editor")
        yield Absence(desk, approver, world_anywhere.seeded.staff["officer"])


async def test_the_deputys_token_names_both_offices(away: Absence) -> None:
    deputation = await away.deputation()
    said = claims(await away.desk.token("officer", deputation))["staff"]
    assert said["id"] == away.colleague
    assert said["roles"] == ["approver", "catalogue_editor"]
    assert said["in_place_of"] == {"id": away.approver, "deputation": deputation}
    own = claims(await away.desk.token("officer", away.colleague))["staff"]
    assert own["roles"] == ["officer"]
    assert "in_place_of" not in own


async def test_only_the_roles_that_were_named_pass_on(away: Absence) -> None:
    deputation = await away.deputation(roles=["approver"])
    said = claims(await away.desk.token("officer", deputation))["staff"]
    assert said["roles"] == ["approver"]
    assert (await away.named(roles=["data_officer"])).status_code == 409


async def test_it_begins_and_ends_by_itself(away: Absence) -> None:
    deputation = await away.deputation(begins_at=soon(minutes=5), ends_at=soon(minutes=6))
    with clock.at(later(minutes=5, seconds=30)):
        token = claims(await away.desk.token("officer", deputation))
    assert token["exp"] - token["iat"] <= 31
    with clock.at(later(minutes=7)):
        await away.desk.world.provider.expiry()
    listed = await away.desk.get("owner", f"/v1/staff/{away.approver}/deputations")
    (shown,) = listed.json()["items"]
    assert shown["ended_at"] is not None
    assert not shown["active"]


async def test_ended_by_hand_its_tokens_are_refused_at_once(away: Absence) -> None:
    for who, office in (("owner", None), ("officer", away.colleague)):
        deputation = await away.deputation()
        answer = await away.desk.get("officer", "/v1/roles", office=deputation)
        assert answer.status_code == 200
        path = f"/v1/deputations/{deputation}/end"
        assert (await away.desk.post(who, path, office=office)).status_code == 200
        answer = await away.desk.get("officer", "/v1/roles", office=deputation)
        assert answer.status_code == 401


async def test_when_either_office_ends_the_deputation_ends(away: Absence) -> None:
    deputation = await away.deputation()
    assert (await away.desk.get("officer", "/v1/roles", office=deputation)).status_code == 200
    await away.desk.done("security", f"/v1/staff/{away.approver}/deactivate")
    answer = await away.desk.get("officer", "/v1/roles", office=deputation)
    assert answer.status_code == 401


async def test_a_role_the_absent_lost_his_deputy_lost_as_well(away: Absence) -> None:
    deputation = await away.deputation()
    assert (await away.desk.get("officer", "/v1/roles", office=deputation)).status_code == 200
    path = f"/v1/staff/{away.approver}/take-role"
    await away.desk.done("security", path, {"role": "approver"})
    answer = await away.desk.get("officer", "/v1/roles", office=deputation)
    assert answer.status_code == 401
    said = claims(await away.desk.new_token("officer", deputation))["staff"]
    assert said["roles"] == ["catalogue_editor"]


async def test_a_deputy_names_no_deputy_for_the_office(away: Absence) -> None:
    deputation = await away.deputation()
    third = await away.desk.join("agent", "officer")
    body = {"deputy": third, "ends_at": soon(days=1)}
    path = f"/v1/staff/{away.approver}/deputations"
    answer = await away.desk.post("officer", path, body, office=deputation)
    assert answer.json()["reason"] == "not_as_a_deputy"
    answer = await away.desk.post("officer", path, body, office=away.colleague)
    assert answer.status_code == 403


async def test_who_leads_the_department_names_one_for_his_people(away: Absence) -> None:
    third = await away.desk.join("agent", "clerk")
    body = {"deputy": third, "ends_at": soon(days=1)}
    path = f"/v1/staff/{away.colleague}/deputations"
    assert (await away.desk.post("owner", path, body)).status_code == 201
    elsewhere = await away.desk.join("citizen", "approver", department=HALL)
    assert (await away.desk.post("citizen", path, body)).status_code == 403
    other = {"deputy": elsewhere, "ends_at": soon(days=1)}
    assert (await away.desk.post("owner", path, other)).status_code == 422


async def test_the_duties_of_administrators_pass_to_nobody(away: Absence) -> None:
    system = await away.desk.join("system", "system_administrator")
    answer = await away.desk.post(
        "system",
        f"/v1/staff/{system}/deputations",
        {"deputy": away.colleague, "ends_at": soon(days=1)},
    )
    assert answer.status_code == 409
    auditor = await away.desk.join("auditor", "audit_administrator")
    assert (await away.named(deputy=auditor, roles=["approver"])).status_code == 409


async def test_a_hall_knows_its_residents_and_sends_them_back(away: Absence) -> None:
    desk = away.desk
    await desk.join("citizen", "hall_manager", department=HALL)
    path = f"/v1/staff/{away.colleague}"
    assert (await desk.get("citizen", path)).status_code == 404
    body = {"hall_department": HALL, "hall_region": "990102", "ends_at": soon(days=90)}
    assert (await desk.post("citizen", f"{path}/secondments", body)).status_code == 403
    sent = await desk.done("system", f"{path}/secondments", body)
    assert (await desk.post("system", f"{path}/secondments", body)).status_code == 409
    shown = (await desk.get("citizen", "/v1/residents")).json()["items"]
    assert [one["office"] for one in shown] == [away.colleague]
    assert (await desk.get("citizen", path)).status_code == 200
    listed = (await desk.get("citizen", "/v1/staff")).json()["items"]
    assert away.colleague in {one["id"] for one in listed}
    assert (await desk.post("citizen", f"{path}/deactivate")).status_code == 403
    assert (await desk.post("officer", f"/v1/secondments/{sent['id']}/end")).status_code == 404
    ended = await desk.done("citizen", f"/v1/secondments/{sent['id']}/end")
    assert ended["ended_at"] is not None
    assert (await desk.get("citizen", path)).status_code == 404
    assert (await desk.get("officer", "/v1/residents")).status_code == 403
