from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from shared.events import Envelope
from shared.events.tracing import adding, continuing, relayed, traceparent
from tests.support.stations import ProbeMoved

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


def traced(flags: str) -> Envelope:
    return Envelope.wrap(
        ProbeMoved(step=1),
        source="/services/probe",
        subject="a",
        sequence=1,
        trace=f"00-{TRACE}-{SPAN}-{flags}",
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
