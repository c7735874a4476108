"""Which spans stand for business events, by our own conventions and by those of others."""

import pytest

from services.traces.domain import Occurrence, Span, business_event, business_events

TYPE = "tongban.cases.case_submitted.v1"


def span(name: str, kind: str, **attributes: str) -> Span:
    given = {key.replace("__", "."): value for key, value in attributes.items()}
    return Span("1" * 32, "2" * 16, None, "cases", name, kind, 7, 1, attributes=given)


@pytest.mark.parametrize(
    ("name", "kind", "stage"),
    [
        (f"create {TYPE}", "producer", "created"),
        (f"publish {TYPE}", "producer", "published"),
        (f"process {TYPE}", "consumer", "processed"),
        (f"deliver {TYPE}", "client", "delivered"),
        ("tongban.cases", "producer", "published"),
        ("tongban.cases", "consumer", "processed"),
    ],
)
def test_an_event_has_a_stage_by_its_word_or_its_kind(name: str, kind: str, stage: str) -> None:
    found = business_event(span(name, kind, cloudevents__event_type=TYPE))
    assert found is not None
    assert (found.stage, found.type, found.at_ns) == (stage, TYPE, 7)


def test_foreign_events_and_ordinary_work_are_none() -> None:
    assert business_event(span("publish x", "producer", cloudevents__event_type="vendor.x")) is None
    assert business_event(span("publish x", "producer")) is None
    assert business_event(span("GET /", "server", cloudevents__event_type=TYPE)) is None


def test_a_moment_inside_a_span_can_be_one() -> None:
    work = span("POST /v1/cases", "server")
    work.occurrences = [
        Occurrence("event added", 9, {"tongban.event_type": TYPE, "tongban.case_number": "9"}),
        Occurrence("exception", 9, {"exception.type": "ValueError"}),
    ]
    (found,) = business_events(work)
    assert (found.stage, found.at_ns, found.subject) == ("created", 9, "9")
