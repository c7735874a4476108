"""Every door of the operators' API against everyone who might knock."""

import pytest

from tests.support.operated import WHY, Operated
from tests.support.stations import message

ROLES = (
    "clerk", "officer", "approver", "hall_manager", "catalogue_editor", "inspector",
    "data_officer", "coordinator", "security_administrator",
)  # fmt: skip
READS = ("/v1/queues", "/v1/dead-letters", "/v1/dead-letters/{id}")
ACTS = ("/v1/dead-letters/{id}/replay", "/v1/dead-letters/{id}/discard", "/v1/dead-letters/replay")


async def statuses(service: Operated, headers: dict[str, str], id_: str) -> dict[str, int]:
    """What each door answers."""
    found = {}
    for path in READS:
        found[path] = (await service.http.get(path.format(id=id_), headers=headers)).status_code
    for path in ACTS:
        body = WHY | ({"subject": "nobody"} if path.endswith("letters/replay") else {})
        answer = await service.http.post(path.format(id=id_), json=body, headers=headers)
        found[path] = answer.status_code
    return found


async def dead(service: Operated) -> str:
    (id_,) = await service.kill(message("a", 1), poison=[("a", 1)])
    return id_


@pytest.mark.parametrize("role", ROLES)
async def test_no_other_role_opens_anything_even_with_the_scopes(
    service: Operated, role: str
) -> None:
    found = await statuses(service, service.staff(role), await dead(service))
    assert set(found.values()) == {403}
    assert len(await service.letters()) == 1


async def test_the_audit_administrator_sees_everything_and_decides_nothing(
    service: Operated,
) -> None:
    found = await statuses(service, service.staff("audit_administrator"), await dead(service))
    assert [found[path] for path in READS] == [200, 200, 200]
    assert [found[path] for path in ACTS] == [403, 403, 403]


async def test_the_system_administrator_without_the_scope_decides_nothing(
    service: Operated,
) -> None:
    headers = service.staff("system_administrator", scopes="ops.read")
    found = await statuses(service, headers, await dead(service))
    assert [found[path] for path in READS] == [200, 200, 200]
    assert [found[path] for path in ACTS] == [403, 403, 403]


async def test_nor_does_a_service_that_calls_for_him(service: Operated) -> None:
    headers = service.staff("system_administrator", act=["cases"])
    found = await statuses(service, headers, await dead(service))
    assert [found[path] for path in ACTS] == [403, 403, 403]


async def test_monitoring_reads_numbers_and_a_departments_system_nothing(
    service: Operated,
) -> None:
    id_ = await dead(service)
    found = await statuses(service, service.system(), id_)
    assert found.pop("/v1/queues") == 200
    assert set(found.values()) == {403}
    owner = {"department": "11990102MB2824177L", "region": "990102000000"}
    found = await statuses(service, service.system(scopes="ops.read ops.manage", **owner), id_)
    assert set(found.values()) == {403}


async def test_a_citizen_and_nobody_open_nothing(service: Operated) -> None:
    id_ = await dead(service)
    audience = ["http://localhost:8000/api/probe"]
    citizen = service.tokens.person(scopes="ops.read ops.manage", aud=audience)
    found = await statuses(service, {"Authorization": f"Bearer {citizen}"}, id_)
    assert set(found.values()) == {403}
    assert set((await statuses(service, {}, id_)).values()) == {401}


async def test_the_system_administrator_opens_every_door(service: Operated) -> None:
    found = await statuses(service, service.administrator(), await dead(service))
    assert {found[path] for path in READS} == {200}
    assert found["/v1/dead-letters/{id}/replay"] == 200
    assert found["/v1/dead-letters/replay"] == 200
