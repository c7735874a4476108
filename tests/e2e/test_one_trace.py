"""One trace from the gateway to the webhook, and nobody's name in what is kept or sent."""

import json
import sqlite3
from pathlib import Path

from tests.support.onebox import ROOT
from tests.support.played import Played

CASE = "tongban.case_number"


def test_a_submission_is_one_trace_from_the_gateway_to_the_webhook(
    played: Played,
) -> None:
    event = "tongban.cases.case_submitted.v1"
    spans = played.trace_of(f"create {event}")
    assert {span.service for span in spans} >= {"gateway", "cases", "exchange"}
    names = {(span.service, span.name) for span in spans}
    assert names >= {
        ("gateway", "POST /api/cases/v1/{rest}"),
        ("cases", "POST /v1/cases"),
        ("cases", "INSERT cases"),
        ("cases", "INSERT outbox"),
        ("cases", f"publish {event}"),
        ("exchange", f"process {event}"),
        ("exchange", f"deliver {event}"),
    }
    headers, told = played.department.told("case_submitted")
    delivered = next(span for span in spans if span.name.startswith("deliver"))
    assert headers["traceparent"].split("-")[1:3] == [delivered.trace, delivered.id]
    assert told["traceparent"].split("-")[1] == delivered.trace


def test_a_trace_has_one_beginning_and_no_loose_ends(played: Played) -> None:
    spans = played.trace_of("create tongban.cases.case_submitted.v1")
    ids = {span.id for span in spans}
    (root,) = [span for span in spans if not span.parent]
    assert (root.service, root.name) == ("gateway", "POST /api/cases/v1/{rest}")
    assert [span.name for span in spans if span.parent and span.parent not in ids] == []


def test_whatever_is_done_for_a_case_names_it(played: Played) -> None:
    accepted = played.trace_of("create tongban.cases.case_accepted.v1")
    _, told = played.department.told("case_accepted")
    others = [span.name for span in accepted if span.attributes.get(CASE) != told["subject"]]
    assert others == []
    submitted = played.trace_of("create tongban.cases.case_submitted.v1")
    numbered = {span.service for span in submitted if span.attributes.get(CASE) == told["subject"]}
    assert numbered >= {"cases", "exchange"}


def test_the_department_is_told_the_trace_and_nothing_else_of_it(played: Played) -> None:
    assert played.department.taken
    for headers, _ in played.department.taken:
        assert not {"baggage", "tracestate", "authorization", "cookie"} & headers.keys()


def test_nothing_personal_is_in_events_logs_spans_or_evidence(
    played: Played,
) -> None:
    onebox, collector = played.onebox, played.collector
    people = json.loads((ROOT / "deploy/demo/people.json").read_text("utf-8"))["people"]
    mother = next(person for person in people if person["key"] == "citizen")
    marks = [mother["name"], mother["id_number"], mother["phone"], "李沐禾", "湖滨路20号"]
    places = {
        "the event log": [dump(onebox.folder / "events.db", "log")],
        "the log": [(onebox.folder / "onebox.log").read_bytes()],
        "the spans": collector.bodies,
        "the webhooks": [json.dumps(one).encode() for one in played.department.taken],
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
