"""A span as the store keeps it, in the words of OpenTelemetry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Value = Any  # text, number, truth value, or a list or mapping of them
KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")


@dataclass(slots=True)
class Occurrence:
    """A moment inside a span: OpenTelemetry's span event."""

    name: str
    at_ns: int
    attributes: Mapping[str, Value]


@dataclass(slots=True)
class Link:
    """Another span that this one has to do with, of the same trace or of another."""

    trace_id: str
    span_id: str


@dataclass(slots=True)
class Span:
    """One piece of work of one service; not frozen, for tens of thousands are made a second."""

    trace_id: str
    span_id: str
    parent_id: str | None
    service: str
    name: str
    kind: str
    start_ns: int
    duration_ns: int
    failed: bool = False
    attributes: Mapping[str, Value] = field(default_factory=dict)
    occurrences: Sequence[Occurrence] = ()
    links: Sequence[Link] = ()
    dropped: int = 0  # attributes that were not kept

    @property
    def end_ns(self) -> int:
        """When it ended."""
        return self.start_ns + self.duration_ns

    @property
    def late(self) -> bool:
        """Whether it was written afterwards, because the request failed or was slow."""
        return self.attributes.get("sampled_late") is True

    @property
    def route(self) -> str | None:
        """What it answers: method and route of a request, the event that is handled; else None."""
        if self.kind == "consumer":
            return self.name
        if self.kind != "server":
            return None
        route = self.attributes.get("http.route")
        method = self.attributes.get("http.request.method") or self.attributes.get("http.method")
        return f"{method} {route}" if route and method else self.name
