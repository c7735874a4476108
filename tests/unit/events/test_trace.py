from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from shared.events import Envelope
from shared.events.tracing import about, adding, continuing, relayed, settling
from shared.telemetry import baggage, traceparent
from tests.support.stations import ProbeMoved

NUMBER = "990102000000" + "20261123" + "001" + "000042" + "K"
KNOWN = {"case_number": NUMBER, "item_code": "A"}
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.fixture
def exported() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def tracer(exported: InMemorySpanExporter) -> Iterator[trace.Tracer]:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exported))
    yield provider.get_tracer("test")
    provider.shutdown()


def traced(flags: str, trace_id: str = TRACE) -> Envelope:
    return Envelope.wrap(
        ProbeMoved(step=1),
        source="/services/probe",
        subject="a",
        sequence=1,
        trace=f"00-{trace_id}-{SPAN}-{flags}",
    )


def test_handling_is_a_child_of_what_made_the_event(
    tracer: trace.Tracer, exported: InMemorySpanExporter
) -> None:
    with continuing(tracer, "process", SpanKind.CONSUMER, traced("01")):
        pass
    (span,) = exported.get_finished_spans()
    assert span.name == f"process {ProbeMoved.TYPE}"
    assert f"{span.context.trace_id:032x}" == TRACE
    assert span.parent is not None
    assert f"{span.parent.span_id:016x}" == SPAN
    assert span.attributes is not None
    assert span.attributes["messaging.destination.name"] == "tongban.probe"
    assert span.attributes["cloudevents.event_subject"] == "a"


def test_an_unsampled_trace_builds_no_span_and_still_goes_on(
    tracer: trace.Tracer, exported: InMemorySpanExporter
) -> None:
    with continuing(tracer, "process", SpanKind.CONSUMER, traced("00")):
        assert traceparent() == f"00-{TRACE}-{SPAN}-00"
    assert exported.get_finished_spans() == ()


def test_the_relay_writes_a_span_for_a_sampled_event_only(
    tracer: trace.Tracer, exported: InMemorySpanExporter
) -> None:
    relayed(tracer, traced("00").encode(), 1, 2)
    relayed(tracer, traced("01").encode(), 1, 2)
    (span,) = exported.get_finished_spans()
    assert (span.name, span.start_time, span.end_time) == (f"publish {ProbeMoved.TYPE}", 1, 2)


def test_an_event_is_created_under_the_command_that_makes_it(
    tracer: trace.Tracer, exported: InMemorySpanExporter
) -> None:
    with adding(tracer, ProbeMoved.TYPE, "a"):
        pass
    with tracer.start_as_current_span("command"), adding(tracer, ProbeMoved.TYPE, "a"):
        pass
    created, command = exported.get_finished_spans()
    assert created.name == f"create {ProbeMoved.TYPE}"
    assert created.parent is not None
    assert created.parent.span_id == command.context.span_id


def links(span: ReadableSpan) -> list[str]:
    return [f"{link.context.trace_id:032x}" for link in span.links]


@pytest.mark.parametrize("late", [True, False])
def test_what_is_handled_late_or_again_has_a_trace_of_its_own(
    tracer: trace.Tracer, exported: InMemorySpanExporter, late: bool
) -> None:
    event = traced("01")
    if late:
        event = replace(event, time=event.time - timedelta(hours=3))
    with continuing(tracer, "process", SpanKind.CONSUMER, event, again=not late):
        assert TRACE not in (traceparent() or "")
    (span,) = exported.get_finished_spans()
    assert (span.parent, links(span)) == (None, [TRACE])


def test_an_unsampled_event_that_is_late_builds_no_span(
    tracer: trace.Tracer, exported: InMemorySpanExporter
) -> None:
    event = replace(traced("00"), time=traced("00").time - timedelta(hours=3))
    with continuing(tracer, "process", SpanKind.CONSUMER, event):
        assert traceparent() == f"00-{TRACE}-{SPAN}-00"
    assert exported.get_finished_spans() == ()


def test_a_batch_has_a_trace_of_its_own_that_points_to_the_sampled_ones(
    tracer: trace.Tracer, exported: InMemorySpanExporter
) -> None:
    other = TRACE[::-1]
    with settling(tracer, "g", [traced("01"), traced("00", "1" * 32), traced("01", other)]):
        pass
    (span,) = exported.get_finished_spans()
    assert (span.parent, links(span)) == (None, [TRACE, other])
    assert span.attributes == {"messaging.batch.message_count": 3}


def test_one_event_alone_is_settled_in_its_own_trace(
    tracer: trace.Tracer, exported: InMemorySpanExporter
) -> None:
    with settling(tracer, "g", [traced("01")]):
        pass
    with settling(tracer, "g", [traced("00")]):
        pass
    (span,) = exported.get_finished_spans()
    assert span.context.trace_id == int(TRACE, 16)
    assert links(span) == []


@pytest.mark.parametrize("flags", ["00", "01"])
def test_the_case_of_an_event_goes_on_with_its_handling(tracer: trace.Tracer, flags: str) -> None:
    event = replace(traced(flags), data={"case": {"number": NUMBER, "item": {"code": "ITEM"}}})
    with continuing(tracer, "process", SpanKind.CONSUMER, event):
        assert baggage() == f"tongban.case_number={NUMBER},tongban.item_code=ITEM"
    assert baggage() is None


@pytest.mark.parametrize(
    ("data", "known"),
    [
        ({"case": {"number": NUMBER, "item": {"code": "A"}}}, KNOWN),
        ({"case": NUMBER, "item": "A"}, KNOWN),
        ({"case": None, "item": None}, {}),
        ({"case": {"number": 5, "item": "A"}}, {}),
        ({"case": {"number": "110105194912310021"}}, {}),
        ({"step": 1}, {}),
    ],
)
def test_an_event_says_which_case_it_is_about(data: dict[str, Any], known: dict[str, str]) -> None:
    assert about(replace(traced("01"), data=data)) == known
