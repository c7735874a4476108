"""Finding traces by case, item, department, service, route, failure, duration and time."""

from typing import Any

from tests.support.traces import (
    CASE,
    MILLISECOND,
    OTHER_CASE,
    Traces,
    ids,
    message,
    now_ns,
    trace_id,
)

ITEM, DEPARTMENT = "11990102MB2824177L4000105009000", "11990102MB2824177L"


async def a_submission(traces: Traces, number: int, **changes: Any) -> None:
    """A request through the gateway to cases, which asks the database."""
    options = {"at_ms": number * 100, "took_ms": 20} | changes
    facts = options.pop("facts", {"tongban.case_number": CASE})
    failed = options.pop("failed", False)
    await traces.send(
        message(number, 1, name="POST /api/cases/v1/{rest}", kind="server", **options),
        service="gateway",
    )
    await traces.send(
        message(
            number, 2, 1, name="POST /v1/cases", kind="server", failed=failed,
            http__request__method="POST", http__route="/v1/cases", attributes=facts, **options,
        ),
        message(number, 3, 2, name="INSERT cases", kind="client", **options),
    )  # fmt: skip


async def test_a_trace_is_found_by_all_that_it_has_to_do_with(traces_everywhere: Traces) -> None:
    traces = traces_everywhere
    facts = {"tongban.case_number": CASE, "tongban.item_code": ITEM,
             "tongban.department": DEPARTMENT}  # fmt: skip
    await a_submission(traces, 1, facts=facts)
    await a_submission(traces, 2, facts={"tongban.case_number": OTHER_CASE}, failed=True)
    await a_submission(traces, 3, facts={}, took_ms=900)
    await traces.written(9)
    assert await traces.found() == ids(3, 2, 1)
    assert await traces.found(case=CASE) == ids(1)
    assert await traces.found(item=ITEM) == ids(1)
    assert await traces.found(department=DEPARTMENT) == ids(1)
    assert await traces.found(service="cases") == ids(3, 2, 1)
    assert await traces.found(route="/v1/cases", error=True) == ids(2)
    assert await traces.found(min_ms=500) == ids(3)
    assert await traces.found(case=CASE, error=True) == []
    assert await traces.found(case=CASE, item=ITEM, service="gateway", min_ms=20) == ids(1)
    assert await traces.found(service="nobody") == []


async def test_work_behind_the_scenes_can_be_left_out(traces_everywhere: Traces) -> None:
    traces = traces_everywhere
    await a_submission(traces, 1)
    await traces.send(message(2, 1, name="settle exchange.feed"), service="exchange")
    await traces.written(4)
    assert set(await traces.found()) == set(ids(1, 2))
    assert await traces.found(requests=True) == ids(1)


async def test_a_trace_is_named_by_what_was_asked_for(traces_everywhere: Traces) -> None:
    traces = traces_everywhere
    await a_submission(traces, 1)
    await traces.send(message(2, 1, name="settle exchange.feed"), service="exchange")
    await traces.written(4)
    asked = {one["trace_id"]: one["asked"] for one in (await traces.get("/v1/traces"))["items"]}
    assert asked == {
        trace_id(1): {"service": "cases", "name": "POST /v1/cases"},
        trace_id(2): None,
    }


async def test_a_time_range_is_half_open(traces_everywhere: Traces) -> None:
    traces = traces_everywhere
    for number in (1, 2, 3):
        await a_submission(traces, number)
    await traces.written(9)
    starts = {
        one["trace_id"]: one["started_at"] for one in (await traces.get("/v1/traces"))["items"]
    }
    second = {"from": starts[trace_id(2)], "to": starts[trace_id(3)]}
    # The time of a list's order is that of the first spans; theirs here is the trace's own.
    assert set(await traces.found(**second)) <= set(ids(1, 2, 3))
    assert trace_id(2) in await traces.found(**second)
    assert trace_id(3) not in await traces.found(**second)
    assert await traces.found(**{"from": "9999-12-31T23:59:59Z"}) == []
    assert await traces.found(to="0001-01-01T00:00:00Z") == []


async def test_pages_follow_each_other_without_gap_or_repetition(
    traces_everywhere: Traces,
) -> None:
    traces = traces_everywhere
    for number in range(1, 8):
        await a_submission(traces, number, at_ms=0)  # all at about the same moment
    await traces.written(21)
    for filters in ({}, {"service": "cases"}):
        seen: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            page = await traces.get("/v1/traces", limit=3, **filters, **cursor)
            seen += [one["trace_id"] for one in page["items"]]
            if page["next"] is None:
                break
            cursor = {"cursor": page["next"]}
        assert sorted(seen) == sorted(ids(*range(1, 8)))


async def test_a_span_that_comes_late_takes_its_place(traces_everywhere: Traces) -> None:
    traces = traces_everywhere
    start = now_ns() - 60_000 * MILLISECOND
    child = message(1, 2, 1, name="POST /v1/cases", kind="server", at_ms=5, start_ns=start)
    await traces.send(child)
    await traces.written(1)
    before = await traces.get(f"/v1/traces/{trace_id(1)}")
    assert before["root"]["come"] is False
    assert before["tree"][0]["parent_missing"] is True
    root = message(1, 1, name="GET /me", kind="server", took_ms=80, start_ns=start,
                   tongban__case_number=CASE)  # fmt: skip
    await traces.send(root, child, service="portal")  # the child is sent again
    await traces.written(2)
    after = await traces.get(f"/v1/traces/{trace_id(1)}")
    assert after["root"] == {"service": "portal", "name": "GET /me", "come": True}
    assert (after["spans"], after["duration_ms"]) == (2, 80)
    assert (after["tree"][0]["depth"], after["tree"][0]["offset_ms"]) == (0, 0)
    assert after["services"] == ["cases", "portal"]
    assert await traces.found(case=CASE) == ids(1)
    assert await traces.found(service="portal") == ids(1)


async def test_a_list_keeps_its_order_while_spans_arrive_late(traces: Traces) -> None:
    for number in (1, 2):
        await traces.send(message(number, 2, 1, at_ms=number * 10))
    await traces.written(2)
    page = await traces.get("/v1/traces", limit=1)
    await traces.send(message(2, 1, at_ms=-5000), message(1, 1, at_ms=-9000))
    await traces.written(4)
    rest = await traces.get("/v1/traces", limit=1, cursor=page["next"])
    assert [one["trace_id"] for one in page["items"] + rest["items"]] == ids(2, 1)


async def test_wrong_parameters_are_told(traces: Traces) -> None:
    for wrong in (
        {"case": "990102199603140423"},  # an identity number is no case
        {"min_ms": "-1"},
        {"from": "yesterday"},
        {"service": "\x00"},
        {"limit": "101"},
    ):
        answer = await traces.http.get("/v1/traces", params=wrong, headers=traces.operator())
        assert answer.status_code == 422, wrong
    answer = await traces.http.get(
        "/v1/traces", params={"cursor": "nonsense"}, headers=traces.operator()
    )
    assert answer.status_code == 400
