"""Resources and permits: by who provides the data, with evidence and events."""

from typing import Any

import httpx

from tests.support.exchange import CONNECTED, COORDINATOR, HEALTH, POLICE, Exchange

RESOURCE: dict[str, Any] = {
    "code": "health/vaccination",
    "owner": HEALTH,
    "name": "预防接种信息",
    "key": "person",
    "fields": [{"name": "complete", "title": "已完成接种", "type": "boolean"}],
    "sharing": "conditional",
    "update_cycle": "daily",
    "legal_basis": "《中华人民共和国疫苗管理法》",
    "connector": {"url": CONNECTED, "path": "/registers/health.vaccination/lookup"},
}
PERMIT: dict[str, Any] = {
    "resource": "health/vaccination",
    "consumer": {"department": "11990102MB3486413U"},
    "items": ["002005001001"],
    "purposes": ["case"],
    "fields": ["complete"],
    "valid_from": "2026-01-01",
    "valid_until": "2030-12-31",
    "legal_basis": "《政务数据共享条例》",
}


async def test_a_resource_is_published_once_and_then_in_versions(
    exchange_everywhere: Exchange,
) -> None:
    exchange = exchange_everywhere
    first = await _post(exchange, "/v1/resources", RESOURCE)
    again = await _post(exchange, "/v1/resources", RESOURCE)
    assert (first.status_code, first.json()["version"]) == (201, 1)
    assert again.json()["version"] == 1
    changed = RESOURCE | {"name": "预防接种记录"}
    lost = await _post(exchange, "/v1/resources", changed, {"If-Match": '"7"'})
    assert lost.status_code == 412
    second = await _post(exchange, "/v1/resources", changed, {"If-Match": '"1"'})
    assert second.json()["version"] == 2
    assert "connector" not in second.json()
    told = await exchange.follow(POLICE, "tongban.exchange.*", subject="health/vaccination")
    assert [event["data"]["version"] for event in told][:1] == [1]
    acts = [row.row for row in await exchange.rows("evidence_rows") if "vaccination" in row.row]
    assert len(acts) == 2


async def test_a_retry_with_the_same_key_is_one_permit(exchange_everywhere: Exchange) -> None:
    exchange = exchange_everywhere
    await _post(exchange, "/v1/resources", RESOURCE)
    key = {"Idempotency-Key": "once"}
    first = await _post(exchange, "/v1/permits", PERMIT, key)
    again = await _post(exchange, "/v1/permits", PERMIT, key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["id"] == again.json()["id"]


async def test_granting_and_revoking_are_told_to_both_departments(
    exchange_everywhere: Exchange,
) -> None:
    exchange = exchange_everywhere
    await _post(exchange, "/v1/resources", RESOURCE)
    permit = (await _post(exchange, "/v1/permits", PERMIT)).json()
    path = f"/v1/permits/{permit['id']}/revoke"
    revoked = await _post(exchange, path, {"ground": "用途已结束，张若溪"})
    assert revoked.json()["revoked_at"]
    assert (await _post(exchange, path, {"ground": "again"})).status_code == 409
    for department in (HEALTH, "11990102MB3486413U"):
        told = await exchange.follow(
            department, "tongban.exchange.permit_revoked.v1", subject=permit["id"]
        )
        assert "张若溪" not in str(told)
        assert told[0]["data"]["permit"] == permit["id"]


async def test_only_who_provides_or_coordinates_may_publish_and_grant(
    exchange: Exchange,
) -> None:
    other = exchange.officer("11990102MB2906957H")
    desk = exchange.officer(HEALTH, roles=("officer",))
    for who, reason in ((other, "other_department"), (desk, "not_a_data_officer")):
        answer = await _post(exchange, "/v1/resources", RESOURCE, who)
        assert (answer.status_code, answer.json()["reason"]) == (403, reason)
    coordinator = exchange.officer(COORDINATOR)
    assert (await _post(exchange, "/v1/resources", RESOURCE, coordinator)).status_code == 201
    denied = await _post(exchange, "/v1/permits", PERMIT, other)
    assert denied.json()["reason"] == "other_department"
    assert (await _post(exchange, "/v1/permits", PERMIT, exchange.citizen())).status_code == 403
    taken = RESOURCE | {"owner": COORDINATOR}
    assert (await _post(exchange, "/v1/resources", taken, coordinator)).status_code == 409


async def test_a_connector_leads_only_where_the_operators_allow(exchange: Exchange) -> None:
    for url in ("unix:/var/run/identity.sock", "http://127.0.0.1:5432", CONNECTED + "/x"):
        wrong = RESOURCE | {"connector": RESOURCE["connector"] | {"url": url}}
        answer = await _post(exchange, "/v1/resources", wrong)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/connector/url"


async def test_what_is_not_shared_is_permitted_to_nobody(exchange: Exchange) -> None:
    await _post(exchange, "/v1/resources", RESOURCE | {"sharing": "none"})
    answer = await _post(exchange, "/v1/permits", PERMIT)
    assert answer.status_code == 409
    assert "疫苗管理法" in answer.json()["detail"]
    asked = await exchange.ask(
        "/v1/resources/health.vaccination/query", item=None, fields=["complete"]
    )
    assert (asked.status_code, asked.json()["reason"]) == (403, "not_shared")


async def test_mistakes_are_named(exchange: Exchange) -> None:
    await _post(exchange, "/v1/resources", RESOURCE)
    wrong: list[dict[str, Any]] = [
        {"consumer": {}},
        {"consumer": {"client": "a", "department": HEALTH}},
        {"valid_until": "2025-01-01"},
        {"items": ["*", "x"]},
        {"items": []},
        {"purposes": ["curiosity"]},
        {"fields": ["unknown"]},
        {"owner": HEALTH},
    ]
    for changes in wrong:
        answer = await _post(exchange, "/v1/permits", PERMIT | changes)
        assert answer.status_code == 422, changes
        assert answer.json()["errors"][0]["detail"]
    twice = RESOURCE | {"fields": RESOURCE["fields"] * 2}
    assert (await _post(exchange, "/v1/resources", twice)).status_code == 422
    assert (await _post(exchange, "/v1/permits", PERMIT | {"resource": "a/b"})).status_code == 404


async def test_everyone_sees_the_permits_that_are_his(exchange_everywhere: Exchange) -> None:
    exchange = exchange_everywhere

    async def listed(who: dict[str, str]) -> list[dict[str, Any]]:
        answer = await exchange.http.get("/v1/permits", params={"limit": 100}, headers=who)
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    own = await listed(exchange.system())
    assert own
    assert {one["consumer"]["department"] for one in own} == {POLICE}
    assert {one["consumer"]["client"] for one in await listed(exchange.citizen())} == {"*"}
    assert {one["owner"] for one in await listed(exchange.officer(HEALTH))} == {HEALTH}
    assert len(await listed(exchange.officer(COORDINATOR))) == 100


async def test_the_catalogue_shows_fields_and_hides_the_way_to_the_source(
    exchange: Exchange,
) -> None:
    first = await exchange.http.get(
        "/v1/resources", params={"limit": 3}, headers=exchange.citizen()
    )
    rest = await exchange.http.get(
        "/v1/resources", params={"cursor": first.json()["next"]}, headers=exchange.citizen()
    )
    codes = [one["code"] for page in (first, rest) for one in page.json()["items"]]
    assert codes == [
        "health/birth",
        "market/enterprise",
        "population/household",
        "social/insurance",
    ]
    assert "connector" not in first.text
    assert "sock" not in first.text
    one = await exchange.http.get("/v1/resources/health.birth", headers=exchange.citizen())
    assert one.headers["etag"] == '"1"'
    assert one.json()["fields"][0]["title"] == "新生儿姓名"


async def _post(
    exchange: Exchange, path: str, body: dict[str, Any], headers: dict[str, str] | None = None
) -> httpx.Response:
    return await exchange.http.post(
        path, json=body, headers={**exchange.officer(), **(headers or {})}
    )
