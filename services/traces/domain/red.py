"""Rate, errors and duration from the spans that were kept.

Only a share of all requests is recorded, decided at random before they begin; but of those that
were not, each that failed or was slow is written afterwards (`sampled_late`). So

- the number of requests is that of the recorded ones divided by the share;
- errors are counted as they are: every one is kept, recorded or late;
- durations are those of the recorded ones alone: the late ones would bend them to the slow side.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from services.traces.domain.percentiles import percentile

_MILLISECOND = 1e6


@dataclass(frozen=True, slots=True)
class Entry:
    """A request that was answered, or an event that was handled."""

    service: str
    route: str
    duration_ns: int
    failed: bool
    late: bool


@dataclass(frozen=True, slots=True)
class Calls:
    """How often one service called on another, by request or by event."""

    caller: str
    callee: str
    kind: str
    kept: int
    errors: int
    mean_ms: float


@dataclass(frozen=True, slots=True)
class Red:
    """The figures of one service, or of one of its routes."""

    name: str
    kept: int
    late: int
    requests: float
    errors: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None

    @property
    def error_share(self) -> float:
        """Errors among the requests."""
        return min(1.0, self.errors / self.requests) if self.requests else 0.0


def red(entries: Iterable[Entry], share: float) -> dict[str, tuple[Red, list[Red]]]:
    """Each service's figures with those of its routes, when `share` of all requests is recorded."""
    by_route: dict[str, dict[str, list[Entry]]] = defaultdict(lambda: defaultdict(list))
    for entry in entries:
        by_route[entry.service][entry.route].append(entry)
    return {
        service: (
            _figures(service, [entry for some in routes.values() for entry in some], share),
            sorted(
                (_figures(route, some, share) for route, some in routes.items()),
                key=lambda one: (-one.requests, one.name),
            ),
        )
        for service, routes in sorted(by_route.items())
    }


def _figures(name: str, entries: list[Entry], share: float) -> Red:
    durations = sorted(entry.duration_ns / _MILLISECOND for entry in entries if not entry.late)
    late = sum(entry.late for entry in entries)
    # Where nothing is recorded by chance (share 0), the late ones are all that is known.
    recorded = len(durations) / share if share > 0 else 0.0
    return Red(
        name,
        len(entries),
        late,
        max(recorded, float(len(entries))),
        sum(entry.failed for entry in entries),
        percentile(durations, 0.50),
        percentile(durations, 0.95),
        percentile(durations, 0.99),
    )
