"""Reading calls again: by who made them, for a short time; and the person's own view."""

from datetime import timedelta
from typing import Any

from shared import clock
from shared.events import Envelope
from tests.support.exchange import BIRTH, CITIZEN, SHOP, Exchange

ENTERPRISE = "/v1/resources/market.enterprise/query"


async def test_cases_reads_what_the_portal_fetched_for_the_same_person(
    exchange: Exchange,
) -> None:
    call = await _call(exchange)
    for who in (exchange.citizen(), exchange.citizen(act=["cases"])):
        again = await exchange.http.get(f"/v1/calls/{call}", headers=who)
        assert again.status_code == 200
        assert again.json()["values"] == {"ethnicity": "汉族"}
        assert again.headers["cache-control"] == "no-store"
    assert len(await exchange.rows("access_log")) == 3


async def test_nobody_else_learns_that_the_call_exists(exchange: Exchange) -> None:
    call = await _call(exchange)
    strangers = [
        exchange.citizen("psn_somebody"),
        exchange.citizen(client_id="another-app"),
        exchange.citizen(acting_for=SHOP),
        exchange.system(),
        exchange.officer(),
    ]
    for who in strangers:
        answer = await exchange.http.get(f"/v1/calls/{call}", headers=who)
        assert answer.status_code == 404
        assert answer.json()["type"].endswith("/call-not-found")
    unknown = await exchange.http.get(f"/v1/calls/cal_{'0' * 32}", headers=exchange.citizen())
    assert unknown.status_code == 404


async def test_values_are_sealed_and_gone_after_a_day(exchange_everywhere: Exchange) -> None:
    exchange = exchange_everywhere
    call = await _call(exchange)
    (kept,) = await exchange.rows("answers")
    assert "汉族".encode() not in kept.sealed
    with clock.at(clock.now() + timedelta(hours=24, seconds=1)):
        token = exchange.citizen()
        again = await exchange.http.get(f"/v1/calls/{call}", headers=token)
        assert again.json()["values"] is None
        assert again.json()["outcome"] == "answered"
        purged = await exchange.http.get("/v1/me/calls", headers=token)
        assert len(purged.json()["items"]) == 1


async def test_a_person_sees_every_call_about_himself_newest_first(
    exchange_everywhere: Exchange,
) -> None:
    exchange = exchange_everywhere
    first = await _call(exchange)
    await exchange.ask(purpose="case")
    await exchange.ask(who=exchange.citizen(act=["cases"]), purpose="case")
    pages: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    for _ in range(3):
        page = await exchange.http.get(
            "/v1/me/calls", params={"limit": 1, **cursor}, headers=exchange.citizen()
        )
        pages += page.json()["items"]
        cursor = {"cursor": page.json()["next"]}
    assert page.json()["next"] is None
    assert [(one["outcome"], one["consumer"]["client"]) for one in pages] == [
        ("answered", "cases"),
        ("denied", "portal"),
        ("answered", "portal"),
    ]
    assert pages[2]["id"] == first
    assert "values" not in pages[0]
    others = await exchange.http.get("/v1/me/calls", headers=exchange.citizen("psn_somebody"))
    assert others.json()["items"] == []
    desk = await exchange.http.get("/v1/me/calls", headers=exchange.officer())
    assert (desk.status_code, desk.json()["reason"]) == (403, "not_a_person")


async def test_an_agent_sees_the_calls_of_the_items_he_may_act_in_and_no_others(
    exchange_everywhere: Exchange,
) -> None:
    exchange = exchange_everywhere
    key = {"organisation": SHOP}
    await exchange.ask(path=ENTERPRISE, who=exchange.citizen(acting_for=SHOP), key=key, fields=None)
    for items, seen in ((None, 1), ([BIRTH], 1), ([BIRTH[-12:]], 1), (["another"], 0)):
        agent = exchange.citizen("psn_agent", acting_for=SHOP, items=items)
        listed = (await exchange.http.get("/v1/me/calls", headers=agent)).json()["items"]
        assert len(listed) == seen, items
    (call,) = await exchange.rows("calls")
    for items, status in (([BIRTH[-12:]], 200), (["another"], 404)):
        agent = exchange.citizen("psn_agent", acting_for=SHOP, items=items)
        answer = await exchange.http.get(f"/v1/calls/{call.id}", headers=agent)
        assert answer.status_code == status


async def test_who_closed_the_account_leaves_no_value_and_no_salt(
    exchange_everywhere: Exchange,
) -> None:
    exchange = exchange_everywhere
    await _call(exchange)
    assert len(await exchange.rows("evidence_salts")) == 1
    closed = Envelope(
        source="/services/identity",
        type="tongban.identity.person_closed.v1",
        subject=CITIZEN,
        sequence=1,
        data={"person": CITIZEN},
    )
    await exchange.publish(closed)
    await exchange.until(lambda: _erased(exchange))
    assert len(await exchange.rows("calls")) == 1


async def _call(exchange: Exchange) -> str:
    answer = await exchange.ask()
    assert answer.status_code == 200, answer.text
    return str(answer.json()["source"]["call"])


async def _erased(exchange: Exchange) -> bool:
    kept = await exchange.rows("answers") + await exchange.rows("evidence_salts")
    return kept == []
