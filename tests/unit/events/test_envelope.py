import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cloudevents.core.formats.json import JSONFormat

from shared import clock
from shared.events import BadEnvelope, Envelope, Received
from tests.support.stations import ProbeMoved, envelope


class Moved(Received):
    step: int


class Strange(Received):
    colour: str


def encoded(**changes: Any) -> bytes:
    attributes = json.loads(envelope("case 1", 7).encode())
    attributes.update(changes)
    return json.dumps({k: v for k, v in attributes.items() if v is not None}).encode()


def test_an_envelope_reads_back_as_it_was_written() -> None:
    with clock.at(datetime(2026, 11, 21, 8, 0, tzinfo=UTC)):
        made = envelope("case 1", 7, note="一网通办")
    assert Envelope.parse(made.encode()) == made


def test_the_reference_library_reads_it_as_a_valid_cloudevent() -> None:
    made = envelope("case 1", 7)
    event = JSONFormat().read(None, made.encode())
    assert event.get_specversion() == "1.0"
    assert (event.get_id(), event.get_source()) == (made.id, "/services/probe")
    assert (event.get_type(), event.get_subject()) == (ProbeMoved.TYPE, "case 1")
    assert event.get_datacontenttype() == "application/json"
    assert event.get_extension("sequence") == "0000000007"
    assert event.get_data() == {"step": 7, "note": ""}


def test_we_read_what_the_reference_library_writes() -> None:
    event = JSONFormat().read(None, envelope("case 1", 7).encode())
    again = Envelope.parse(JSONFormat().write(event))
    assert (again.subject, again.sequence, again.data["step"]) == ("case 1", 7, 7)


def test_the_sequence_has_ten_digits_so_that_text_sorts_as_numbers_do() -> None:
    texts = [json.loads(envelope("a", n).encode())["sequence"] for n in (9, 10, 9_999_999_999)]
    assert texts == sorted(texts) == ["0000000009", "0000000010", "9999999999"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"specversion": "0.3"}, "specversion"),
        ({"id": None}, "id is missing"),
        ({"id": "x" * 65}, "id is longer than 64"),
        ({"source": 5}, "source is missing or is not text"),
        ({"type": ""}, "type is missing"),
        ({"subject": None}, "subject is missing"),
        ({"subject": "a\u0000b"}, "subject has unprintable characters"),
        ({"time": "yesterday"}, "time is missing or is no RFC 3339 time"),
        ({"time": "2026-11-21T08:00:00"}, "time has no offset"),
        ({"sequence": "7"}, "sequence is not 10 digits"),
        ({"sequence": "0000000000"}, "sequence is not 10 digits that count from 1"),
        ({"sequence": "٠٠٠٠٠٠٠٠٠٧"}, "sequence is not 10 digits"),
        ({"datacontenttype": "text/xml"}, "datacontenttype is not application/json"),
        ({"data": [1]}, "data is missing or is not a JSON object"),
    ],
)
def test_a_wrong_attribute_is_named(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(BadEnvelope, match=told):
        Envelope.parse(encoded(**changes))


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe", b"[]", b"null", b'"text"', b'{"a":', b"{}"])
def test_bytes_that_are_no_event_are_refused(raw: bytes) -> None:
    with pytest.raises(BadEnvelope):
        Envelope.parse(raw)


def test_unknown_attributes_of_later_versions_are_ignored() -> None:
    assert Envelope.parse(encoded(tracestate="x=1", priority=5)).sequence == 7


@pytest.mark.parametrize("header", ["nonsense", 7, "00-xyz"])
def test_a_broken_trace_header_does_not_stop_an_event(header: object) -> None:
    assert Envelope.parse(encoded(traceparent=header)).traceparent is None


def test_a_consumer_reads_only_what_it_needs() -> None:
    assert envelope("a", 1, note="not needed").read(Moved) == Moved(step=1)


def test_data_that_does_not_fit_a_consumer_says_which_field() -> None:
    with pytest.raises(BadEnvelope, match=r"data\.colour: Field required"):
        envelope("a", 1).read(Strange)
