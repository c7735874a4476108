import pytest
from opentelemetry.trace import Link, SpanKind, StatusCode

from shared.telemetry import facts, parse_traceparent, traceparent
from tests.unit.telemetry.conftest import Start

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


async def test_work_that_another_began_is_a_child_of_it(start: Start) -> None:
    telemetry = (cases := start()).telemetry
    sampled = f"00-{TRACE}-{PARENT}-01"
    with telemetry.span("handle", kind=SpanKind.CONSUMER, traceparent=sampled, event_type="x.v1"):
        facts(case_number="42")
    (span,) = await cases.spans()
    assert span.kind is SpanKind.CONSUMER
    assert span.parent is not None
    assert f"{span.parent.span_id:016x}" == PARENT
    assert span.attributes == {"tongban.event_type": "x.v1", "tongban.case_number": "42"}


async def test_unsampled_work_passes_its_trace_on_without_a_span(start: Start) -> None:
    telemetry = (cases := start(sample=1)).telemetry
    with telemetry.span("handle", traceparent=f"00-{TRACE}-{PARENT}-00"):
        assert traceparent() == f"00-{TRACE}-{PARENT}-00"
    assert await cases.spans() == []


async def test_work_of_its_own_begins_a_trace(start: Start) -> None:
    telemetry = (cases := start(sample=1)).telemetry
    with telemetry.span("seal", count=3):
        pass
    (span,) = await cases.spans()
    assert span.parent is None
    assert span.attributes == {"tongban.count": 3}


async def test_an_error_is_named_by_its_type_only(start: Start) -> None:
    telemetry = (cases := start(sample=1)).telemetry
    with pytest.raises(ValueError, match="张三"), telemetry.span("seal"):
        raise ValueError("张三 13800138000")
    (span,) = await cases.spans()
    assert span.status.status_code is StatusCode.ERROR
    assert [dict(event.attributes or {}) for event in span.events] == [
        {"exception.type": "ValueError"}
    ]
    assert "张三" not in span.to_json()


async def test_attributes_outside_the_list_do_not_leave_the_process(start: Start) -> None:
    telemetry = (cases := start(sample=1)).telemetry
    attributes = {"person.name": "张三", "db.query.text": "SELECT '张三'", "http.route": "/x"}
    with telemetry.tracer.start_as_current_span("own", attributes=attributes):
        pass
    (span,) = await cases.spans()
    assert span.attributes == {"http.route": "/x"}


def test_a_fact_outside_the_list_is_a_mistake_in_the_code() -> None:
    with pytest.raises(ValueError, match="applicant_name"):
        facts(applicant_name="张三")


async def test_a_personal_number_in_a_fact_is_masked(start: Start) -> None:
    telemetry = (cases := start(sample=1)).telemetry
    with telemetry.span("work", resource_code="13800138000", step="x" * 500):
        pass
    (span,) = await cases.spans()
    assert span.attributes == {"tongban.resource_code": "[phone]", "tongban.step": "x" * 128}


@pytest.mark.parametrize(("flags", "recorded"), [("01", True), ("00", False)])
async def test_a_trace_that_points_to_a_recorded_one_is_recorded(
    start: Start, flags: str, recorded: bool
) -> None:
    telemetry = (cases := start(sample=0)).telemetry
    earlier = parse_traceparent(f"00-{TRACE}-{PARENT}-{flags}")
    assert earlier is not None
    with telemetry.tracer.start_as_current_span("again", links=[Link(earlier)]):
        pass
    assert [span.name for span in await cases.spans()] == (["again"] if recorded else [])
