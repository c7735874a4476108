"""The one view of the stack."""

import json
import os
from dataclasses import replace

from deploy.stack.status import Memory, Row, Status, samples

ROW = Row("cases_0", "RUNNING", 7, 3700, 1, 110, ready=True)
STATUS = Status(
    base="http://localhost:8000",
    rows=[ROW, replace(ROW, name="cases_1", restarts=0)],
    upstreams={"cases": "ready"},
    lag={"cases.items": 3},
    dead={"cases.items": 0},
    waiting={"cases": 0},
    refused={"cases": 0},
)
METRICS = """# TYPE consumer_lag gauge
consumer_lag{group="cases.items"} 3.0
consumer_lag{group="exchange.feed"} NaN
outbox_waiting 2.0
http_requests_total{service="cases",method="GET",route="/v1/cases",status="2xx"} 5.0
"""


def test_all_is_well_when_each_process_and_each_way_to_it_is_ready() -> None:
    assert STATUS.healthy
    assert not replace(STATUS, rows=[ROW, replace(ROW, ready=False)]).healthy
    assert not replace(STATUS, upstreams={"cases": "down"}).healthy
    assert not replace(STATUS, upstreams={}).healthy


def test_the_view_names_processes_restarts_and_what_waits() -> None:
    shown = str(STATUS)
    assert "cases_0       running          7     1:01:40         1    110  ready" in shown
    assert "cases.items 3" in shown
    assert "220" in shown
    unwell = str(replace(STATUS, rows=[replace(ROW, ready=False)]))
    assert "NOT READY" in unwell


def test_a_program_reads_the_same() -> None:
    told = json.loads(STATUS.json())
    assert told["healthy"] is True
    assert told["megabytes"] == 220
    assert told["rows"][0]["restarts"] == 1


def test_samples_are_read_with_their_group() -> None:
    found = {(name, group): value for name, group, value in samples(METRICS.splitlines())}
    assert found["consumer_lag", "cases.items"] == 3
    assert found["outbox_waiting", None] == 2
    assert len(found) == 4


def test_memory_is_that_of_the_process_and_of_those_below() -> None:
    memory = Memory()
    own = memory.of(os.getpid())
    assert own > 5
    assert memory.of(os.getpid(), with_children=True) >= own
    assert memory.of(2**22 + 1) == 0
