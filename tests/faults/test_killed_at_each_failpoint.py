"""The process dies at each named point once; nothing acknowledged is lost, nothing comes twice."""

import pytest

from tests.support.journey import Begun
from tests.support.onebox import Onebox

# Each point that the main job passes, and at which of its passes the process dies.
POINTS = [
    "cases.before_commit:kill@1",
    "cases.before_commit:kill@3",
    "cases.after_commit_before_answer:kill@1",
    "cases.after_commit_before_answer:kill@2",
    "cases.after_commit_before_answer:kill@4",
    "events.outbox.added:kill@4",
    "events.relay.before_publish:kill@2",
    "events.relay.after_publish:kill@3",
    "events.relay.after_delete:kill@3",
    "events.log.before_commit:kill@2",
    "events.log.after_commit:kill@3",
    "events.consumer.fetched:kill@4",
    "events.consumer.before_effect:kill@2",
    "events.consumer.after_effect:kill@3",
    "events.consumer.before_offset:kill@2",
    "events.consumer.after_offset:kill@2",
]


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_at_this_point_loses_and_doubles_nothing(
    onebox: Onebox, begun: Begun, point: str
) -> None:
    onebox.start({"FAILPOINT": point})
    journey = begun(onebox)
    journey.walk()
    journey.judge()
    assert journey.deaths == 1, "the process was to die on the way"
    assert journey.cases() == 1
