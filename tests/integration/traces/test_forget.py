"""Old traces are forgotten by age and by size, whole and without a rest."""

from datetime import timedelta

from services.traces.commands import Retention
from shared.db import Database
from tests.support.traces import CASE, Traces, ids, message, now_ns, trace_id

DAY_NS = 86_400 * 10**9
PLENTY = 10**12


async def three(traces: Traces) -> None:
    """Traces of six days, three days and an hour ago."""
    for number, days in ((1, 6.0), (2, 3.0), (3, 0.04)):
        start = now_ns() - int(days * DAY_NS)
        await traces.send(
            message(number, 1, kind="server", start_ns=start, tongban__case_number=CASE),
            message(number, 2, 1, start_ns=start),
        )
    await traces.written(6)


def spans_of(traces: Traces) -> Database:
    db: Database = traces.app.state.runtime.spans
    return db


async def test_what_is_older_than_the_days_goes_whole(traces_everywhere: Traces) -> None:
    traces = traces_everywhere
    await three(traces)
    forgotten = await Retention(spans_of(traces), timedelta(days=2), PLENTY).prune()
    assert forgotten == 2
    assert await traces.found() == ids(3)
    assert await traces.found(case=CASE) == ids(3)
    assert {row.trace_id for row in await traces.rows("spans")} == set(ids(3))
    assert {row.trace_id for row in await traces.rows("trace_facets")} == set(ids(3))
    answer = await traces.http.get(f"/v1/traces/{trace_id(1)}", headers=traces.operator())
    assert answer.status_code == 404
    assert "轨迹已过保留期" in answer.text


async def test_when_there_is_too_much_the_oldest_goes_first(traces_everywhere: Traces) -> None:
    traces = traces_everywhere
    await three(traces)
    size = sum(row.bytes for row in await traces.rows("traces"))
    retention = Retention(spans_of(traces), timedelta(days=7), size - 1)
    assert await retention.prune() == 1
    assert await traces.found() == ids(3, 2)
    assert await retention.prune() == 0


async def test_many_are_forgotten_in_small_steps_between_which_others_write(
    traces_everywhere: Traces,
) -> None:
    traces = traces_everywhere
    old = now_ns() - 3 * DAY_NS
    await traces.send(*(message(number, 1, start_ns=old) for number in range(1, 351)))
    await traces.send(message(999, 1))
    await traces.written(351)
    assert await Retention(spans_of(traces), timedelta(days=1), PLENTY).prune() == 350
    assert await traces.found() == ids(999)
