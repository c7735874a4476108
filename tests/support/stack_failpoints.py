"""Failpoints in the processes of a stack, one after the other until each has killed."""

from collections.abc import Collection
from pathlib import Path

from deploy.stack.asking import ask
from tests.support.stack import Stack


class Killing:
    """The processes of one service, armed with another point whenever one of them starts.

    Who starts is armed with a point that has not killed yet, if it can one that its sibling has
    not; so whichever of them leads, or is given the events, dies at its turn.
    """

    def __init__(self, stack: Stack, names: Collection[str], points: Collection[str]) -> None:
        """`points`: as in FAILPOINT, `name:kill@n`."""
        self._stack = stack
        self.left = list(points)
        self.deaths: list[tuple[str, str]] = []
        self._pids = {name: stack.pid(name) for name in names}
        self._armed = dict.fromkeys(names, "")
        self._next: dict[str, str] = {}
        self._starting: set[str] = set()

    def begin(self) -> None:
        """Have the processes start anew, armed."""
        for name in self._pids:
            self._lay(name)
            self._stack.kill(name)

    def look(self) -> None:
        """See who has died and who has started, and prepare the next death."""
        for name, process in self._stack.processes().items():
            if name in self._pids and process.pid not in (0, self._pids[name]):
                self._pids[name] = process.pid
                self._died(name)
        for name in sorted(self._starting):
            if not self._once(name).exists():
                self._starting.discard(name)
                self._armed[name] = self._next[name]
                self._lay(name)
            elif ask(self._stack.socket(name), "/healthz")[0]:
                self._stack.kill(name)  # it had started before the point was laid out

    def disarm(self) -> None:
        """Have who starts from now on start without a point."""
        for name in self._pids:
            self._stack.variables(name, once=True)

    def end(self) -> None:
        """Have those start without that are still armed, and wait until all are ready."""
        self.disarm()
        for name in self._pids:
            self._stack.kill(name)
        for name, pid in self._pids.items():
            self._stack.wait_back(name, pid)

    def _died(self, name: str) -> None:
        point, self._armed[name] = self._armed[name], ""
        self._starting.add(name)
        if point:
            self.deaths.append((name, point))
            if point in self.left:
                self.left.remove(point)

    def _lay(self, name: str) -> None:
        """Write what its next start is armed with."""
        others = {*self._armed.values(), *self._next.values()}
        fresh = [point for point in self.left if point not in others]
        self._next[name] = (fresh or self.left or [""])[0]
        self._stack.variables(name, once=True, FAILPOINT=self._next[name])

    def _once(self, name: str) -> Path:
        return self._stack.folder / "environment" / f"{name}.once.json"
