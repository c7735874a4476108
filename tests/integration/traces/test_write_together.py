"""Several writers at once: of one trace, of many, and the same spans from two of them."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from services.traces.api.otlp.spans import read
from services.traces.commands import Scrubbing
from services.traces.store import Kept, SpanWriter
from shared.db import Database
from tests.support.traces import Traces, export, ids, message, now_ns, running, trace_id

WRITERS, TRACES, SPANS = 6, 20, 5


def kept(*spans: object) -> list[Kept]:
    scrubbing = Scrubbing()
    found = read(export(*spans), 0)  # type: ignore[arg-type]
    return [Kept.of(scrubbing.span(span)) for span in found.spans]


async def test_summaries_agree_with_spans_whoever_writes_at_once(
    traces_everywhere: Traces, database_url: str, open_another: Callable[[], Database]
) -> None:
    """Each writer has spans of every trace, in an order of its own, and some that others have."""
    start = now_ns()

    async def write(number: int) -> None:
        db = open_another()
        try:
            for step in range(SPANS):
                batch = [
                    message(trace, number * 100 + step, 1, start_ns=start, kind="server",
                            http__route=f"/r/{number}", failed=step == 0)
                    for trace in range(1, TRACES + 1)
                ]  # fmt: skip
                shared = [message(trace, 7, start_ns=start) for trace in range(1, TRACES + 1)]
                spans = kept(*(batch + shared)[:: 1 if number % 2 else -1])
                async with db.write() as tx:
                    await SpanWriter(tx, 2_000).write(spans, start)
        finally:
            await db.dispose()

    await asyncio.gather(*(write(number) for number in range(1, WRITERS + 1)))
    listed = (await traces_everywhere.get("/v1/traces"))["items"]
    assert sorted(one["trace_id"] for one in listed) == sorted(ids(*range(1, TRACES + 1)))
    assert {one["spans"] for one in listed} == {WRITERS * SPANS + 1}
    assert {one["errors"] for one in listed} == {WRITERS}
    assert len(await traces_everywhere.rows("spans")) == TRACES * (WRITERS * SPANS + 1)
    every_route = [f"/r/{number}" for number in range(1, WRITERS + 1)]
    assert all(one["routes"] == every_route for one in listed)
    for route in every_route:
        assert len(await traces_everywhere.found(route=route)) == TRACES


async def test_a_flood_is_written_whole_in_a_few_transactions(tmp_path: Path) -> None:
    async with running(f"sqlite:///{tmp_path}/traces.db", tmp_path) as traces:
        start = now_ns()
        for part in range(20):
            spans = [
                message(part * 10 + one % 10 + 1, one + 1, start_ns=start) for one in range(500)
            ]
            await traces.send(*spans, packed=True)
        await traces.written(10_000)
        listed = await traces.get(f"/v1/traces/{trace_id(1)}")
        assert listed["spans"] == 50


async def test_what_is_in_the_queue_is_written_at_a_stop(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/traces.db"
    async with running(url, tmp_path) as traces:
        await traces.send(*(message(1, one) for one in range(1, 100)))
    async with running(url, tmp_path) as traces:
        assert len(await traces.rows("spans")) == 99
