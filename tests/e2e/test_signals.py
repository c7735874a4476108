"""What docs/telemetry.md states is what the services emit: nothing missing, nothing unsaid."""

import json

from tests.support.played import Played
from tests.support.signals import metrics_of, shown, spans_of, stated


def test_the_metrics_are_those_that_are_stated(played: Played) -> None:
    found = set().union(*(metrics_of(name, text) for name, text in played.metrics.items()))
    assert sorted(found - stated("Metrics")) == []
    assert sorted(shown("Metrics") - found) == []


def test_the_spans_are_those_that_are_stated(played: Played) -> None:
    found = spans_of(played.collector.spans())
    assert sorted(found - stated("Spans")) == []
    assert sorted(shown("Spans") - found) == []


def test_every_line_of_ours_in_the_log_is_stated(played: Played) -> None:
    log = (played.onebox.folder / "onebox.log").read_text("utf-8")
    lines = [json.loads(line) for line in log.splitlines()]
    ours = {(line["event"], line["level"]) for line in lines if "logger" not in line}
    assert ("request", "info") in ours
    assert sorted(ours - {(name, level) for _, name, level in stated("Log lines")}) == []
