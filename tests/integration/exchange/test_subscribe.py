"""Subscriptions as data: whose they are, what is told of them, and how they change."""

from typing import Any

import httpx

from tests.support.exchange import POLICE, Exchange, case_event
from tests.support.receivers import Reply, is_signed, receiving

OTHER = "11990102MB2824177L"
PATH = "/v1/subscriptions"


async def test_the_secret_is_told_once_and_kept_sealed(exchange_everywhere: Exchange) -> None:
    exchange = exchange_everywhere
    async with receiving() as receiver:
        made = await exchange.subscribe(receiver.url, regions=["990102", "990103000000"])
        assert made["secret"].startswith("whsec_")
        assert made["regions"] == ["990102000000", "990103000000"]
        assert "secret" not in await exchange.subscription(made)
        listed = (await exchange.http.get(PATH, headers=exchange.system())).json()["items"]
        assert listed == [await exchange.subscription(made)]
        for table in exchange.tables:
            for row in await exchange.rows(table):
                assert made["secret"][6:] not in repr(tuple(row)), table


async def test_a_retry_gets_the_same_subscription_and_secret(exchange_everywhere: Exchange) -> None:
    exchange = exchange_everywhere
    async with receiving() as receiver:
        key = {"Idempotency-Key": "first"}
        made = await _make(exchange, receiver.url, **key)
        again = await _make(exchange, receiver.url, **key)
        assert made.json() == again.json()
        assert made.headers["etag"] == again.headers["etag"] == '"1"'
        assert made.headers["cache-control"] == "no-store"
        assert len(await exchange.rows("subscriptions")) == 1
        other = await _make(exchange, receiver.url, types=["tongban.cases.*"], **key)
        assert other.json()["type"].endswith("/idempotency-key-reused")
        rotated = await exchange.act(made.json(), "secret", {}, {"Idempotency-Key": "turn"})
        repeated = await exchange.act(made.json(), "secret", {}, {"Idempotency-Key": "turn"})
        assert rotated.json()["secret"] == repeated.json()["secret"] != made.json()["secret"]
        late = await _make(exchange, receiver.url, **key)
        assert late.json()["secret"] == made.json()["secret"]  # it signs for a day yet
        await exchange.act(made.json(), "secret", {"overlap_hours": 0})
        gone = await _make(exchange, receiver.url, **key)
        assert gone.json()["secret"] is None


async def test_both_secrets_sign_while_one_takes_over(exchange_everywhere: Exchange) -> None:
    exchange = exchange_everywhere
    async with receiving() as receiver:
        made = await exchange.subscribe(receiver.url)
        turned = (await exchange.act(made, "secret", {"overlap_hours": 1})).json()
        assert (turned["secret_version"], turned["version"]) == (2, 2)
        assert turned["previous_secret_until"] is not None
        await exchange.publish(case_event("case_submitted"))
        await receiver.until(1)
        assert is_signed(made["secret"], receiver.taken[0])
        assert is_signed(turned["secret"], receiver.taken[0])
        last = (await exchange.act(made, "secret", {"overlap_hours": 0})).json()
        await exchange.publish(case_event("case_accepted", 2))
        await receiver.until(2)
        assert is_signed(last["secret"], receiver.taken[1])
        for old in (made, turned):
            assert not is_signed(old["secret"], receiver.taken[1])


async def test_only_the_own_departments_systems_see_and_change_it(exchange: Exchange) -> None:
    async with receiving() as receiver:
        made = await exchange.subscribe(receiver.url)
        path = f"{PATH}/{made['id']}"
        theirs = exchange.system(OTHER)
        assert (await exchange.http.get(PATH, headers=theirs)).json()["items"] == []
        asked = [
            ("GET", path, None),
            ("GET", f"{path}/dead-letters", None),
            ("PATCH", path, {"description": "x"}),
            ("DELETE", path, None),
            *(("POST", f"{path}/{act}", None) for act in ("pause", "resume", "test")),
            ("POST", f"{path}/secret", {}),
            ("POST", f"{path}/replay", {"since": "2026-01-01T00:00:00Z"}),
            ("POST", f"{path}/dead-letters/x/replay", None),
            ("POST", f"{path}/dead-letters/x/discard", None),
        ]
        for method, at, body in asked:
            answer = await exchange.http.request(method, at, json=body, headers=theirs)
            assert (answer.status_code, at) == (404, at), answer.text
            for who in (exchange.citizen(), exchange.officer(scopes="exchange.query events.read")):
                refused = await exchange.http.request(method, at, json=body, headers=who)
                assert refused.status_code == 403, at
        without = exchange.system(scopes="exchange.query")
        assert (await exchange.http.get(path, headers=without)).status_code == 403
        assert (await exchange.subscription(made))["version"] == 1
        assert receiver.came == []


async def test_a_change_wants_the_version_that_was_seen(exchange_everywhere: Exchange) -> None:
    exchange = exchange_everywhere
    async with receiving() as receiver, receiving() as moved:
        made = await exchange.subscribe(receiver.url)
        path, who = f"{PATH}/{made['id']}", exchange.system()
        change = {"url": moved.url, "types": ["tongban.cases.case_accepted.v1"]}
        answer = await exchange.http.patch(path, json=change, headers=who | {"If-Match": '"1"'})
        assert (answer.status_code, answer.json()["version"]) == (200, 2), answer.text
        lost = await exchange.http.patch(path, json=change, headers=who | {"If-Match": '"1"'})
        assert (lost.status_code, lost.json()["changed_by"]) == (412, "vendor")
        nothing = await exchange.http.patch(path, json={}, headers=who)
        assert nothing.json()["version"] == 2
        await exchange.publish(case_event("case_submitted"), case_event("case_accepted", 2))
        await moved.until(1)
        assert [d.place[1] for d in moved.taken] == [2]
        assert receiver.came == []
        lost = await exchange.http.delete(path, headers=who | {"If-Match": '"1"'})
        assert lost.status_code == 412
        gone = await exchange.http.delete(path, headers=who | {"If-Match": '"2"'})
        assert gone.status_code == 204
        assert (await exchange.http.get(path, headers=who)).status_code == 404
        for table in ("subscriptions", "subscription_health", "deliveries", "lanes"):
            assert await exchange.rows(table) == []


async def test_what_is_removed_while_it_waits_is_dropped(exchange_everywhere: Exchange) -> None:
    exchange = exchange_everywhere
    async with receiving(lambda _: Reply(500)) as receiver:
        made = await exchange.subscribe(receiver.url)
        await exchange.publish(*(case_event("case_extended", n) for n in (1, 2, 3)))
        await receiver.until_true(lambda: len(receiver.came) > 0)
        path = f"{PATH}/{made['id']}"
        gone = await exchange.http.delete(path, headers=exchange.system())
        assert gone.status_code == 204
        assert await exchange.rows("deliveries") == []
        await exchange.publish(case_event("case_extended", 4))
        await exchange.until(lambda: _fed(exchange, 4))
        assert await exchange.rows("inbox_parked") == []


async def test_a_ping_tells_what_came_of_it(exchange: Exchange) -> None:
    answers = iter([Reply(204), Reply(401), Reply(None)])
    async with receiving(lambda _: next(answers)) as receiver:
        made = await exchange.subscribe(receiver.url)
        told = [(await exchange.act(made, "test")).json() for _ in range(3)]
    assert [(one["delivered"], one["status"], one["reason"]) for one in told] == [
        (True, 204, None),
        (False, 401, "status_401"),
        (False, None, "answer_broke_off"),
    ]
    ping = receiver.came[0]
    assert is_signed(made["secret"], ping)
    assert ping.event["type"] == "tongban.exchange.ping.v1"
    assert ping.event["data"] == {"subscription": made["id"]}
    down = (await exchange.act(made, "test")).json()
    assert (down["delivered"], down["reason"]) == (False, "connect_failed")
    assert (await exchange.subscription(made))["failures"] == 0


async def test_what_cannot_be_is_refused_with_its_field(exchange: Exchange) -> None:
    good: dict[str, Any] = {"url": "http://127.0.0.1:9901/in"}
    refused: list[tuple[str, dict[str, Any]]] = [
        ("/url", {"url": "http://10.0.0.1/in"}),
        ("/url", {"url": "https://169.254.169.254/latest/meta-data"}),
        ("/url", {"url": "http://127.0.0.1:22/"}),
        ("/url", {"url": "https://nobody.invalid/"}),
        ("/types/0", {"types": ["%"]}),
        ("/regions/0", {"regions": ["99"]}),
        ("/items/0", {"items": ["a b"]}),
        ("/since", {"since": "2026-01-01T00:00:00"}),
        ("/secret", {"secret": "whsec_mine"}),
    ]
    for pointer, wrong in refused:
        answer = await exchange.http.post(PATH, json=good | wrong, headers=exchange.system())
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["pointer"] == pointer
    assert await exchange.rows("subscriptions") == []


async def test_a_client_has_a_bounded_number_of_subscriptions(exchange: Exchange) -> None:
    for _ in range(20):
        await exchange.subscribe("http://127.0.0.1:9901/in")
    more = await _make(exchange, "http://127.0.0.1:9901/in")
    assert more.status_code == 409
    first = (await exchange.http.get(PATH, params={"limit": 15}, headers=exchange.system())).json()
    rest = await exchange.http.get(
        PATH, params={"limit": 15, "cursor": first["next"]}, headers=exchange.system()
    )
    ids = [one["id"] for one in first["items"] + rest.json()["items"]]
    assert (len(set(ids)), rest.json()["next"]) == (20, None)


async def test_each_act_leaves_evidence_without_the_secret(exchange: Exchange) -> None:
    async with receiving() as receiver:
        made = await exchange.subscribe(receiver.url, description="张若溪的接收端")
        await exchange.act(made, "pause")
        await exchange.act(made, "resume")
        turned = (await exchange.act(made, "secret", {})).json()
        rows = [r.row for r in await exchange.rows("evidence_rows") if made["id"] in r.row]
    assert [
        act in row for act, row in zip(("make", "pause", "resume", "rotate"), rows, strict=True)
    ]
    whole = "".join(rows)
    assert "张若溪" not in whole
    assert turned["secret"] not in whole


async def _make(exchange: Exchange, url: str, **more: Any) -> httpx.Response:
    headers = {name: more.pop(name) for name in ("Idempotency-Key",) if name in more}
    who = exchange.system(POLICE) | headers
    return await exchange.http.post(PATH, json={"url": url, **more}, headers=who)


async def _fed(exchange: Exchange, count: int) -> bool:
    rows = [row for row in await exchange.rows("feed") if row.type.startswith("tongban.cases")]
    return len(rows) == count
