import pytest
from opentelemetry.sdk.trace import TracerProvider
from sqlalchemy import select

from shared.events import Envelope, Event, EventTooBig, Outbox
from tests.support.stations import ProbeMoved, Station


class StrangerMoved(Event):
    TYPE = "tongban.stranger.moved.v1"


async def stored(station: Station) -> list[Envelope]:
    table = station.outbox.table
    async with station.db.read() as connection:
        found = await connection.scalars(select(table.c.envelope).order_by(table.c.id))
        return [Envelope.parse(raw) for raw in found]


async def test_an_event_is_stored_with_its_transaction(station: Station) -> None:
    async with station.db.write() as tx:
        added = await station.outbox.add(tx, ProbeMoved(step=1), subject="a", sequence=1)
    (found,) = await stored(station)
    assert (found.id, found.topic, found.sequence) == (added.id, "tongban.probe", 1)
    assert found.read(ProbeMoved) == ProbeMoved(step=1)


async def test_an_event_of_an_undone_transaction_never_was(station: Station) -> None:
    with pytest.raises(KeyError):
        async with station.db.write() as tx:
            await station.outbox.add(tx, ProbeMoved(step=1), subject="a", sequence=1)
            raise KeyError
    assert await stored(station) == []


async def test_an_event_that_is_too_big_is_refused_when_it_is_added(station: Station) -> None:
    outbox = Outbox(station.outbox.table, "/services/probe", limit=500)
    with pytest.raises(EventTooBig, match="500 is the limit"):
        async with station.db.write() as tx:
            big = ProbeMoved(step=1, note="x" * 500)
            await outbox.add(tx, big, subject="a", sequence=1)
    assert await stored(station) == []


@pytest.mark.parametrize(("subject", "sequence"), [("a", 0), ("a", 10**10), ("", 1), ("a\n", 1)])
async def test_a_wrong_subject_or_sequence_is_refused(
    station: Station, subject: str, sequence: int
) -> None:
    with pytest.raises(ValueError, match=r"subject|sequence"):
        async with station.db.write() as tx:
            await station.outbox.add(tx, ProbeMoved(step=1), subject=subject, sequence=sequence)


async def test_an_event_of_another_service_is_refused(station: Station) -> None:
    with pytest.raises(ValueError, match="does not belong to /services/probe"):
        station.outbox.wrap(StrangerMoved(), subject="a", sequence=1)


async def test_an_event_carries_the_trace_that_made_it(station: Station) -> None:
    tracer = TracerProvider().get_tracer("test")
    with tracer.start_as_current_span("command") as span:
        async with station.db.write() as tx:
            await station.outbox.add(tx, ProbeMoved(step=1), subject="a", sequence=1)
    (found,) = await stored(station)
    assert f"{span.get_span_context().trace_id:032x}" in (found.traceparent or "")
