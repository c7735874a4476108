"""The traces of events on their way through a database and a bus."""

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Tracer

from shared.events import EventBus
from tests.support.stations import (
    TOPIC,
    ProbeMoved,
    Station,
    message,
    running,
    until,
    until_seen,
)

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SAMPLED = f"00-{TRACE}-{SPAN}-01"
OPERATOR = {"who": "stf_1", "why": "mended"}


@pytest.fixture
def exported() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def tracer(exported: InMemorySpanExporter) -> Iterator[Tracer]:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exported))
    yield provider.get_tracer("test")
    provider.shutdown()


def ids(span: ReadableSpan) -> tuple[str, list[str]]:
    """Its trace, and those that it points to."""
    assert span.context is not None
    return f"{span.context.trace_id:032x}", [f"{link.context.trace_id:032x}" for link in span.links]


async def test_an_event_is_one_trace_from_its_command_to_its_handler(
    station: Station, bus: EventBus, tracer: Tracer, exported: InMemorySpanExporter
) -> None:
    with tracer.start_as_current_span("command"):
        await station.add("a", 1)
    async with running(
        station.relay(bus, tracer=tracer).run, station.consumer(bus, tracer=tracer).run
    ):
        await until_seen(station, [("a", 1)])
    spans = {span.name: ids(span) for span in exported.get_finished_spans()}
    kind = ProbeMoved.TYPE
    named = {"command", f"publish {kind}", f"process {kind}", "settle probe.readers"}
    assert spans.keys() == named
    assert len({trace for trace, _ in spans.values()}) == 1
    assert all(pointed == [] for _, pointed in spans.values())


async def test_events_that_are_handled_together_keep_their_own_traces(
    station: Station, bus: EventBus, tracer: Tracer, exported: InMemorySpanExporter
) -> None:
    for number in range(5):
        with tracer.start_as_current_span(f"command {number}"):
            await station.add(f"s{number}", 1)
    async with running(station.relay(bus).run):

        async def gone() -> bool:
            return await station.waiting() == 0

        await until(gone)
    async with running(station.consumer(bus, tracer=tracer).run):
        await until_seen(station, [(f"s{number}", 1) for number in range(5)])
    spans = exported.get_finished_spans()
    commands = {ids(span)[0] for span in spans if span.name.startswith("command")}
    handled = {ids(span)[0] for span in spans if span.name.startswith("process")}
    assert handled == commands
    for span in spans:
        if span.name.startswith("settle") and span.links:
            assert ids(span)[0] not in commands
            assert set(ids(span)[1]) <= commands


async def test_a_replayed_dead_letter_has_a_new_trace_that_points_to_the_old_one(
    station: Station, bus: EventBus, tracer: Tracer, exported: InMemorySpanExporter
) -> None:
    station.poison = {("a", 1)}
    dead = message("a", 1, trace=SAMPLED)
    await bus.publish(TOPIC, [dead])
    async with running(station.consumer(bus, tracer=tracer).run):

        async def buried() -> bool:
            async with station.db.read() as connection:
                return len(await station.dead_letters.list(connection)) == 1

        await until(buried)
        exported.clear()
        station.poison = set()
        async with station.db.read() as connection:
            (letter,) = await station.dead_letters.list(connection)
        async with station.db.write() as tx:
            await station.dead_letters.replay(tx, letter.id, **OPERATOR)
        await until_seen(station, [("a", 1)])
    (handled,) = exported.get_finished_spans()
    trace, pointed = ids(handled)
    assert trace != TRACE
    assert pointed == [TRACE]
    assert (handled.attributes or {})["messaging.message.id"] == dead.id
