"""A department's own system asks on the occasion of an open case of its own, and no other."""

from typing import Any

from shared.events import Envelope
from tests.support.exchange import BIRTH, CASE, CITIZEN, POLICE, Exchange, case_event


async def test_an_open_case_of_its_own_is_an_occasion(exchange: Exchange) -> None:
    await _known(exchange, case_event("case_submitted"))
    answer = await exchange.ask(who=exchange.system(), purpose="case", case=CASE)
    assert answer.status_code == 200, answer.text
    (row,) = await exchange.rows("calls")
    assert (row.client, row.department, row.case_number) == ("vendor", POLICE, CASE)


async def test_without_such_a_case_nothing_is_told(exchange: Exchange) -> None:
    await _known(exchange, case_event("case_submitted"))
    asks: list[tuple[dict[str, Any], str]] = [
        ({"case": None}, "case_required"),
        ({"case": CASE[:-1] + "X"}, "unknown_case"),
        ({"key": {"person": "psn_somebody"}}, "case_gives_no_occasion"),
        ({"item": BIRTH[:-1] + "9"}, "case_gives_no_occasion"),
    ]
    for changes, reason in asks:
        asked = {"purpose": "case", "case": CASE} | changes
        answer = await exchange.ask(who=exchange.system(), **asked)
        assert (answer.status_code, answer.json()["reason"]) == (403, reason)
    other = exchange.system("11990102MB2824177L")
    answer = await exchange.ask(who=other, purpose="case", case=CASE)
    assert (answer.status_code, answer.json()["reason"]) == (403, "case_gives_no_occasion")


async def test_a_decided_case_is_no_occasion_any_more(exchange_everywhere: Exchange) -> None:
    exchange = exchange_everywhere
    decided = case_event("case_decided", 2, status="decided")
    await _known(exchange, case_event("case_submitted"), decided)
    answer = await exchange.ask(who=exchange.system(), purpose="case", case=CASE)
    assert (answer.status_code, answer.json()["reason"]) == (403, "case_gives_no_occasion")


async def test_the_permit_for_people_themselves_is_none_for_a_system(exchange: Exchange) -> None:
    await _known(exchange, case_event("case_submitted"))
    answer = await exchange.ask(who=exchange.system(), purpose="prefill", case=CASE)
    assert (answer.status_code, answer.json()["reason"]) == (403, "purpose_not_permitted")


async def test_a_system_of_no_department_asks_for_nobody(exchange: Exchange) -> None:
    token = exchange.tokens.system("cases", scopes="exchange.query")
    who = {"Authorization": f"Bearer {token}"}
    answer = await exchange.ask(who=who, purpose="case", case=CASE)
    assert (answer.status_code, answer.json()["reason"]) == (403, "nobody_asks")
    assert (await exchange.rows("calls"))[0].party == CITIZEN


async def _known(exchange: Exchange, *events: Envelope) -> None:
    """Publish the events and wait until exchange has taken the last."""
    await exchange.publish(*events)
    await exchange.until(lambda: _status(exchange, events[-1].data["case"]["status"]))


async def _status(exchange: Exchange, status: str) -> bool:
    return [row.status for row in await exchange.rows("known_cases")] == [status]
