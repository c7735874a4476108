"""The process dies at each named point once; nothing acknowledged is lost, nothing comes twice."""

import signal
from typing import Any

from tests.support.journey import Begun, Journey
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


MOST_CASES = 4 * len(POINTS)


class DyingAtEach:
    """A onebox that dies at the next point, and comes back to die at the one after it."""

    def __init__(self, onebox: Onebox) -> None:
        self._onebox = onebox
        self._coming = [*POINTS]
        self._armed: str | None = None
        self.met: list[str] = []

    @property
    def demo(self) -> dict[str, Any]:
        """What the start wrote for those who try it."""
        return self._onebox.demo

    @property
    def over(self) -> bool:
        """Whether it has died at all of them and is back for good."""
        return self._armed is None and not self._coming

    def exit_code(self) -> int | None:
        """How the process ended, or None while it runs."""
        return self._onebox.exit_code()

    def start(self) -> None:
        """Come back, armed with the next point."""
        if self._armed is not None:
            assert self.exit_code() == -signal.SIGKILL, self._onebox.console()
            self.met.append(self._armed)
        self._armed = self._coming.pop(0) if self._coming else None
        self._onebox.start({"FAILPOINT": self._armed} if self._armed else {})


def test_a_kill_at_each_point_loses_and_doubles_nothing(onebox: Onebox, begun: Begun) -> None:
    site = DyingAtEach(onebox)
    site.start()
    journeys: list[Journey] = []
    while not site.over:
        assert len(journeys) < MOST_CASES, f"never passed: {POINTS[len(site.met)]}"
        journeys.append(begun(site))
        journeys[-1].walk()
    for journey in journeys:
        journey.judge()
    assert site.met == POINTS
    assert journeys[0].cases() == len(journeys)
