"""From numbers to what an operator has to know."""

from pathlib import Path
from typing import Any

import pytest

from services.portal.domain import judgement
from services.portal.domain.judgement import Concern, ServiceState, all_findings
from services.portal.pages import ops_words

DOCS = Path("docs")
QUIET = {"waiting": 0, "refused": 0, "oldest_seconds": 0.0, "leader": "a/1", "last_error": None}


def consumer(group: str = "cases.items", **changes: Any) -> dict[str, Any]:
    return {
        "group": group, "lag": {"tongban.catalogue": 0}, "parked": 0, "dead": 0,
        "last_error": None, "last_error_seconds": None,
    } | changes  # fmt: skip


def state(
    *consumers: dict[str, Any], name: str = "cases", state: str = "ready", **outbox: Any
) -> ServiceState:
    queues = {"outbox": QUIET | outbox, "consumers": list(consumers)}
    return ServiceState(name, state, queues)


def test_a_quiet_service_is_well() -> None:
    quiet = state(consumer(), oldest_seconds=2.0, waiting=3)
    assert (quiet.findings, quiet.tone, quiet.lag, quiet.dead) == ([], "good", 0, 0)


@pytest.mark.parametrize(
    ("found", "concern", "urgent"),
    [
        (ServiceState("cases", "down", None), Concern.DOWN, True),
        (ServiceState("cases", "unready", None), Concern.UNREADY, True),
        (ServiceState("cases", "ready", None), Concern.SILENT, False),
        (state(refused=1), Concern.REFUSED_EVENTS, True),
        (state(oldest_seconds=61.0, waiting=1), Concern.OLD_EVENTS, False),
        (state(oldest_seconds=121.0, waiting=1), Concern.OLD_EVENTS, True),
        (state(consumer(dead=1, parked=1)), Concern.DEAD_LETTERS, True),
        (state(consumer(parked=2)), Concern.RETRYING, False),
        (state(consumer(lag=None)), Concern.BUS_AWAY, False),
        (state(consumer(lag={"a": 600, "b": 600})), Concern.LAG, False),
        (state(consumer(last_error_seconds=5.0)), Concern.FAILING, False),
    ],
    ids=lambda part: str(part) if isinstance(part, Concern) else "",
)
def test_each_trouble_is_found_and_known_by_its_urgency(
    found: ServiceState, concern: Concern, urgent: bool
) -> None:
    (finding,) = found.findings
    assert (finding.service, finding.concern, finding.urgent) == ("cases", concern, urgent)
    assert found.tone == ("bad" if urgent else "warn")


def test_the_pages_of_the_portal_have_no_queues_to_tell_of() -> None:
    assert ServiceState("portal", "ready", None, operated=False).findings == []


def test_one_trouble_of_several_groups_is_one_finding() -> None:
    two = state(consumer("x.a", dead=2, parked=2), consumer("x.b", dead=3, parked=3))
    (finding,) = two.findings
    assert (finding.groups, finding.count) == (("x.a", "x.b"), 5)


def test_what_needs_somebody_comes_first() -> None:
    first, second = all_findings([state(consumer(parked=1)), state(refused=2, name="exchange")])
    assert (first.service, second.service) == ("exchange", "cases")


def test_lag_is_not_known_while_one_group_cannot_tell() -> None:
    assert state(consumer(), consumer("x.b", lag=None)).lag is None


def test_every_concern_has_its_words_and_its_page_in_the_handbook() -> None:
    assert set(ops_words.CONCERN) == set(ops_words.HANDBOOK) == set(Concern)
    missing = {page for page in ops_words.HANDBOOK.values() if not (DOCS / page).is_file()}
    assert missing == set()


def test_page_and_alarm_have_the_same_bounds() -> None:
    rules = (DOCS.parent / "deploy/observability/prometheus/rules/alerts.yml").read_text("utf-8")
    assert f"(outbox_oldest_seconds) > {judgement.VERY_OLD_SECONDS:.0f}\n" in rules
    assert f"(consumer_lag) > {judgement.LONG_LAG}\n" in rules
    assert f"(consumer_last_error_seconds) < {judgement.JUST_NOW_SECONDS:.0f}\n" in rules
