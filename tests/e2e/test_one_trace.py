"""One trace from the gateway to the consumer, and nobody's name in what is kept or sent."""

import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.demo.story import play
from tests.support.collector import Collector, collecting
from tests.support.onebox import ROOT, Onebox, running


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Onebox, Collector]]:
    """A onebox that has played the story once, stopped, with all that it left behind."""
    folder = tmp_path_factory.mktemp("traced")
    with (
        collecting() as collector,
        running(folder, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, TELEMETRY_SAMPLE="1") as onebox,
    ):
        list(play(onebox.demo))
        time.sleep(1.5)  # the sealer's second
        onebox.stop()
        yield onebox, collector


def test_a_submission_is_one_trace_through_every_service(
    traced: tuple[Onebox, Collector],
) -> None:
    spans = traced[1].spans()
    submitted = next(span.trace for span in spans if "case_submitted" in span.name)
    services = {span.service for span in spans if span.trace == submitted}
    names = " | ".join(span.name for span in spans if span.trace == submitted)
    assert services >= {"gateway", "cases", "exchange"}, services
    assert "POST /v1/cases" in names
    assert "INSERT" in names
    assert "case_submitted" in names


def test_nothing_personal_is_in_events_logs_spans_or_evidence(
    traced: tuple[Onebox, Collector],
) -> None:
    onebox, collector = traced
    people = json.loads((ROOT / "deploy/demo/people.json").read_text("utf-8"))["people"]
    mother = next(person for person in people if person["key"] == "citizen")
    marks = [mother["name"], mother["id_number"], mother["phone"], "李沐禾", "湖滨路20号"]
    places = {
        "the event log": [dump(onebox.folder / "events.db", "log")],
        "the log": [(onebox.folder / "onebox.log").read_bytes()],
        "the spans": collector.bodies,
        "the evidence": [
            dump(path, "evidence_rows")
            for path in sorted(onebox.folder.glob("*.db"))
            if path.name != "events.db"
        ],
    }
    found = [
        (place, mark)
        for place, contents in places.items()
        for content in contents
        for mark in marks
        if mark.encode() in content or json.dumps(mark).strip('"').encode() in content
    ]
    assert found == []
    assert all(any(contents) for contents in places.values()), "there was something to search"


def dump(path: Path, table: str) -> bytes:
    """Every value of a table, as bytes."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        rows = connection.execute(f"SELECT * FROM {table}").fetchall()
    connection.close()
    values = [value for row in rows for value in row if value is not None]
    return b"\n".join(v if isinstance(v, bytes) else str(v).encode() for v in values)
