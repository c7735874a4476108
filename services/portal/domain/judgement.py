"""From the numbers that services tell of themselves to what an operator has to know."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

# When waiting is no longer the ordinary moment between a commit and the bus; the bounds of the
# alarms (deploy/observability) are the same, so that page and alarm say one thing.
OLD_SECONDS, VERY_OLD_SECONDS = 60.0, 120.0
LONG_LAG = 1000
JUST_NOW_SECONDS = 60.0


class Concern(StrEnum):
    """What may be wrong with a service; each has its words, and its section in the handbook."""

    DOWN = "down"
    UNREADY = "unready"
    SILENT = "silent"
    REFUSED_EVENTS = "refused_events"
    OLD_EVENTS = "old_events"
    DEAD_LETTERS = "dead_letters"
    BUS_AWAY = "bus_away"
    LAG = "lag"
    FAILING = "failing"
    RETRYING = "retrying"


URGENT = frozenset({Concern.DOWN, Concern.UNREADY, Concern.REFUSED_EVENTS, Concern.DEAD_LETTERS})


@dataclass(frozen=True, slots=True)
class Finding:
    """One concern at one service; `groups`, `count` and `seconds` where they say more."""

    service: str
    concern: Concern
    urgent: bool
    groups: tuple[str, ...] = ()
    count: int = 0
    seconds: float = 0.0

    def joined(self, other: "Finding") -> "Finding":
        """Both as one: the same concern at another group of the same service."""
        return replace(
            self,
            groups=self.groups + other.groups,
            count=self.count + other.count,
            seconds=max(self.seconds, other.seconds),
        )


@dataclass(frozen=True, slots=True)
class ServiceState:
    """A service as the gateway sees it, with what it says of its queues (None: nothing)."""

    name: str
    state: str
    queues: dict[str, Any] | None
    operated: bool = True

    @property
    def dead(self) -> int:
        """How many dead letters wait for a decision."""
        return sum(one["dead"] for one in self._consumers)

    @property
    def retrying(self) -> int:
        """How many parked events are tried again by themselves."""
        return sum(one["parked"] - one["dead"] for one in self._consumers)

    @property
    def lag(self) -> int | None:
        """How many events its consumers have not taken; None while one cannot tell."""
        lags = [lag_of(one) for one in self._consumers]
        return None if None in lags else sum(lag for lag in lags if lag is not None)

    @property
    def consumes(self) -> bool:
        """Whether it has consumers at all."""
        return bool(self._consumers)

    @property
    def findings(self) -> list[Finding]:
        """What is to be said of it, the urgent first."""
        found: dict[Concern, Finding] = {}
        for one in self._find():
            known = found.get(one.concern)
            found[one.concern] = one if known is None else known.joined(one)
        return sorted(found.values(), key=lambda one: not one.urgent)

    @property
    def tone(self) -> str:
        """How it stands, as a colour that goes with a word."""
        found = self.findings
        return "bad" if any(one.urgent for one in found) else "warn" if found else "good"

    @property
    def _consumers(self) -> list[dict[str, Any]]:
        return list(self.queues["consumers"]) if self.queues else []

    def _find(self) -> Iterator[Finding]:
        if self.state != "ready":
            concern = Concern.UNREADY if self.state == "unready" else Concern.DOWN
            yield self._finding(concern)
        elif self.queues is None and self.operated:
            yield self._finding(Concern.SILENT)
        if self.queues is not None:
            yield from self._of_outbox(self.queues["outbox"])
            for consumer in self._consumers:
                yield from self._of_consumer(consumer)

    def _of_outbox(self, outbox: dict[str, Any]) -> Iterator[Finding]:
        if outbox["refused"]:
            yield self._finding(Concern.REFUSED_EVENTS, count=outbox["refused"])
        age = outbox["oldest_seconds"]
        if age > OLD_SECONDS:
            urgent, count = age > VERY_OLD_SECONDS, outbox["waiting"]
            yield Finding(self.name, Concern.OLD_EVENTS, urgent, (), count, age)

    def _of_consumer(self, consumer: dict[str, Any]) -> Iterator[Finding]:
        group, lag = consumer["group"], lag_of(consumer)
        trying = consumer["parked"] - consumer["dead"]
        failed = consumer["last_error_seconds"]
        if consumer["dead"]:
            yield self._finding(Concern.DEAD_LETTERS, group, count=consumer["dead"])
        if lag is None:
            yield self._finding(Concern.BUS_AWAY, group)
        elif lag > LONG_LAG:
            yield self._finding(Concern.LAG, group, count=lag)
        if failed is not None and failed < JUST_NOW_SECONDS and lag is not None:
            yield self._finding(Concern.FAILING, group, seconds=failed)
        if trying:
            yield self._finding(Concern.RETRYING, group, count=trying)

    def _finding(
        self, concern: Concern, group: str = "", *, count: int = 0, seconds: float = 0.0
    ) -> Finding:
        groups = (group,) if group else ()
        return Finding(self.name, concern, concern in URGENT, groups, count, seconds)


def lag_of(consumer: dict[str, Any]) -> int | None:
    """How many events a consumer has not taken, over its topics; None while it cannot tell."""
    lag = consumer["lag"]
    return None if lag is None else sum(lag.values())


def all_findings(states: Iterable[ServiceState]) -> list[Finding]:
    """What is to be said of all of them, the urgent first."""
    found = [finding for state in states for finding in state.findings]
    return sorted(found, key=lambda one: not one.urgent)
