"""Case and item go with a trace to our own services, and are on every span below."""

import pytest

from shared.telemetry import baggage, facts
from shared.telemetry.baggage import parse_baggage
from tests.unit.telemetry.conftest import Start

TRACE = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
NUMBER = "990102000000" + "20261123" + "001" + "000042" + "K"
ITEM = "11990102MB2824177L4000101001001"


async def test_what_came_along_is_on_every_span_below(start: Start) -> None:
    exchange = start("exchange")
    told: list[str | None] = []

    @exchange.app.get("/work")
    async def work() -> None:
        with exchange.telemetry.span("ask"):
            told.append(baggage())

    carried = f"user=x, tongban.case_number={NUMBER} ;p=1,tongban.item_code={ITEM}"
    await exchange.http.get("/work", headers={**TRACE, "baggage": carried})
    ask, server = await exchange.spans()
    for span in (ask, server):
        assert span.attributes is not None
        assert span.attributes["tongban.case_number"] == NUMBER
        assert span.attributes["tongban.item_code"] == ITEM
    assert told == [f"tongban.case_number={NUMBER},tongban.item_code={ITEM}"]


async def test_a_case_that_becomes_known_is_on_what_follows(start: Start) -> None:
    cases = start(sample=1)
    told: list[str | None] = []

    @cases.app.post("/new")
    async def new() -> None:
        with cases.telemetry.span("before"):
            told.append(baggage())
        facts(case_number=NUMBER)
        with cases.telemetry.span("after"):
            told.append(baggage())

    await cases.http.post("/new")
    before, after, server = await cases.spans()
    assert "tongban.case_number" not in (before.attributes or {})
    for span in (after, server):
        assert (span.attributes or {})["tongban.case_number"] == NUMBER
    assert told == [None, f"tongban.case_number={NUMBER}"]


async def test_an_unsampled_request_carries_its_case_on(start: Start) -> None:
    cases = start()
    told: list[str | None] = []

    @cases.app.get("/work")
    async def work() -> None:
        told.append(baggage())

    unsampled = {"traceparent": TRACE["traceparent"][:-1] + "0"}
    carried = {"baggage": f"tongban.case_number={NUMBER}"}
    await cases.http.get("/work", headers={**unsampled, **carried})
    assert told == [f"tongban.case_number={NUMBER}"]
    assert await cases.spans() == []


async def test_baggage_without_a_trace_is_nobodys(start: Start) -> None:
    cases = start(sample=1)
    await cases.http.get("/lean/1", headers={"baggage": f"tongban.case_number={NUMBER}"})
    (server,) = await cases.spans()
    assert "tongban.case_number" not in (server.attributes or {})


async def test_the_next_request_starts_with_nothing(start: Start) -> None:
    cases = start(sample=1)
    await cases.http.get("/v1/cases/42")
    assert baggage() is None


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (None, {}),
        ("", {}),
        ("=,;,=;", {}),
        (f"tongban.case_number={NUMBER}", {"case_number": NUMBER}),
        (f"tongban.case_number={NUMBER}-01", {"case_number": f"{NUMBER}-01"}),
        (f"tongban.case_number=%39{NUMBER[1:]}", {"case_number": NUMBER}),
        ("tongban.item_code=a%2Fb", {"item_code": "a/b"}),
        (f"tongban.case_number={NUMBER[:-1]}", {}),
        ("tongban.case_number=张三", {}),
        ("tongban.item_code=110105194912310021", {}),  # an identity number
        ("tongban.item_code=13800138000", {}),
        ("tongban.item_code=" + "a" * 65, {}),
        ("tongban.department=11990102MB2824177L", {}),
        (f"tongban.case_number={NUMBER}," + "x" * 4000, {}),
    ],
)
def test_only_our_own_well_formed_entries_are_read(
    header: str | None, found: dict[str, str]
) -> None:
    assert parse_baggage(header) == found
