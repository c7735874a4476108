"""One trace as a waterfall: the tree, its business events on the same axis, and its limits."""

from pathlib import Path

from tests.support.traces import CASE, OTHER_CASE, Traces, ids, message, now_ns, running, trace_id

SUBMITTED = "tongban.cases.case_submitted.v1"
EVENT = {
    "cloudevents.event_type": SUBMITTED,
    "cloudevents.event_subject": CASE,
    "messaging.message.id": "0192f7a0-0000-7000-8000-000000000001",
}


async def a_story(traces: Traces, trace: int = 1) -> None:
    """A case is submitted; exchange hears of it half a second later."""
    start = now_ns() - 60 * 10**9
    await traces.send(
        message(trace, 1, name="POST /v1/cases", kind="server", took_ms=40, start_ns=start,
                tongban__case_number=CASE),
        message(trace, 3, 1, name="INSERT outbox", kind="client", at_ms=20, took_ms=1,
                start_ns=start),
        message(trace, 2, 1, name=f"create {SUBMITTED}", kind="producer", at_ms=10, took_ms=5,
                start_ns=start, attributes=EVENT),
        message(trace, 4, 2, name=f"publish {SUBMITTED}", kind="producer", at_ms=45, took_ms=3,
                start_ns=start, attributes=EVENT),
    )  # fmt: skip
    await traces.send(
        message(trace, 5, 2, name=f"process {SUBMITTED}", kind="consumer", at_ms=500, took_ms=8,
                start_ns=start, attributes=EVENT, failed=True),
        service="exchange",
    )  # fmt: skip


async def test_spans_stand_in_tree_order_with_their_offsets(traces_everywhere: Traces) -> None:
    traces = traces_everywhere
    await a_story(traces)
    await traces.written(5)
    found = await traces.get(f"/v1/traces/{trace_id(1)}")
    assert [(one["span_id"][-1], one["depth"], one["offset_ms"]) for one in found["tree"]] == [
        ("1", 0, 0), ("2", 1, 10), ("4", 2, 45), ("5", 2, 500), ("3", 1, 20),
    ]  # fmt: skip
    assert (found["duration_ms"], found["total_ms"]) == (40, 508)
    assert found["errors"] == 1


async def test_business_events_stand_on_the_same_axis(traces_everywhere: Traces) -> None:
    traces = traces_everywhere
    await a_story(traces)
    await traces.written(5)
    found = await traces.get(f"/v1/traces/{trace_id(1)}")
    told = [(one["stage"], one["service"], one["offset_ms"]) for one in found["events"]]
    assert told == [("created", "cases", 10), ("published", "cases", 45),
                    ("processed", "exchange", 500)]  # fmt: skip
    first = found["events"][0]
    assert (first["type"], first["subject"], first["id"]) == (
        SUBMITTED, CASE, EVENT["messaging.message.id"],
    )  # fmt: skip
    assert [one["event"] for one in found["tree"]] == [
        None, "created", "published", "processed", None,
    ]  # fmt: skip
    assert found["events"][2]["error"] is True


async def test_a_case_has_its_traces_and_events_on_one_axis(traces_everywhere: Traces) -> None:
    traces = traces_everywhere
    await a_story(traces, 1)
    await traces.send(message(2, 1, at_ms=5000, kind="server", tongban__case_number=CASE))
    await traces.send(message(3, 1, kind="server", tongban__case_number=OTHER_CASE))
    await traces.written(7)
    found = await traces.get(f"/v1/cases/{CASE}/timeline")
    assert [one["kind"] for one in found["items"]] == ["trace", "event", "event", "event", "trace"]
    assert found["items"][0]["trace"]["trace_id"] == trace_id(1)
    assert found["items"][-1]["trace"]["trace_id"] == trace_id(2)
    offsets = [one["offset_ms"] for one in found["items"]]
    assert offsets == sorted(offsets)
    assert found["next"] is None
    first = await traces.get(f"/v1/cases/{CASE}/timeline", limit=1)
    rest = await traces.get(f"/v1/cases/{CASE}/timeline", limit=1, cursor=first["next"])
    assert [one["trace"]["trace_id"] for one in rest["items"]] == ids(2)


async def test_a_case_without_traces_has_an_empty_axis(traces: Traces) -> None:
    found = await traces.get(f"/v1/cases/{CASE}/timeline")
    assert (found["items"], found["started_at"]) == ([], None)


async def test_a_trace_that_is_not_kept_is_told_as_such(traces: Traces) -> None:
    answer = await traces.http.get(f"/v1/traces/{trace_id(9)}", headers=traces.operator())
    assert answer.status_code == 404
    told = answer.json()
    assert told["type"].endswith("/problems/trace-not-kept")
    assert "轨迹已过保留期" in told["title"]
    assert "7 天" in told["detail"]


async def test_a_trace_beyond_its_limit_is_cut_and_says_so(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/traces.db"
    async with running(url, tmp_path, trace_spans=10) as traces:
        await traces.send(*(message(1, one) for one in range(1, 16)))
        await traces.written(10)
        await traces.send(*(message(1, one) for one in range(10, 21)))
        await traces.send(message(2, 1))
        await traces.written(11)
        found = await traces.get(f"/v1/traces/{trace_id(1)}")
        assert (found["spans"], len(found["tree"])) == (10, 10)
        assert found["over"] >= 10
