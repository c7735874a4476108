"""What a trace is in short. Its spans come in any order and in many parts, and late."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace

from services.traces.domain.business import business_event
from services.traces.domain.span import Span

# By what a trace is found, and the attribute that says it.
_BY_ATTRIBUTE = {
    "case": "tongban.case_number",
    "item": "tongban.item_code",
    "department": "tongban.department",
}
FACETS = ("case", "department", "holds", "item", "route", "service")
REQUEST = "request"  # what a trace holds, unless it is work behind the scenes alone
_LONGEST = 200
_MOST = 64  # values of one facet: a sweep over all cases is not found by each of them
_CASES = "tongban.cases."
_PASSED_ON = "{rest}"  # how the routes of a gateway end


@dataclass(frozen=True, slots=True, order=True)
class Root:
    """The span that a trace began with; until it has come, the earliest stands in for it."""

    stands_in: bool
    start_ns: int
    span_id: str
    service: str
    name: str
    duration_ns: int


@dataclass(frozen=True, slots=True, order=True)
class Asked:
    """The first request whose route says what was asked for, which a gateway's does not."""

    start_ns: int
    span_id: str
    service: str
    name: str


@dataclass(frozen=True, slots=True)
class Summary:
    """A trace in short; its parts can be joined in any order."""

    trace_id: str
    root: Root
    start_ns: int
    end_ns: int
    spans: int
    errors: int
    late: bool
    bytes: int
    facets: Mapping[str, frozenset[str]]
    asked: Asked | None = None

    @classmethod
    def of(cls, trace_id: str, spans: Iterable[Span], size: int = 0) -> "Summary":
        """The summary of these spans of a trace, which are at least one."""
        parts = list(spans)
        found: dict[str, set[str]] = {name: set() for name in FACETS}
        for span in parts:
            for name, value in facets_of(span):
                found[name].add(value)
        return cls(
            trace_id,
            min(_root(span) for span in parts),
            min(span.start_ns for span in parts),
            max(span.end_ns for span in parts),
            len(parts),
            sum(span.failed for span in parts),
            any(span.late for span in parts),
            size,
            {name: _bounded(frozenset(), values) for name, values in found.items()},
            min((asked for span in parts if (asked := _asked(span))), default=None),
        )

    def join(self, other: "Summary") -> "Summary":
        """The two as one."""
        return replace(
            self,
            root=min(self.root, other.root),
            start_ns=min(self.start_ns, other.start_ns),
            end_ns=max(self.end_ns, other.end_ns),
            spans=self.spans + other.spans,
            errors=self.errors + other.errors,
            late=self.late or other.late,
            bytes=self.bytes + other.bytes,
            facets={
                name: _bounded(self.facets.get(name, frozenset()), other.facets[name])
                for name in FACETS
            },
            asked=min((one for one in (self.asked, other.asked) if one), default=None),
        )


def facets_of(span: Span) -> Iterable[tuple[str, str]]:
    """By what a trace with this span is found."""
    yield "service", span.service[:_LONGEST]
    attributes = span.attributes
    for name, attribute in _BY_ATTRIBUTE.items():
        value = attributes.get(attribute)
        if isinstance(value, str) and 0 < len(value) <= _LONGEST:
            yield name, value
    if span.kind == "server":
        yield "holds", REQUEST
    route = attributes.get("http.route")
    if span.kind == "server" and isinstance(route, str) and 0 < len(route) <= _LONGEST:
        yield "route", route
    event = business_event(span)
    if event is not None and event.subject and event.type.startswith(_CASES):
        yield "case", event.subject[:_LONGEST]


def _root(span: Span) -> Root:
    return Root(
        span.parent_id is not None,
        span.start_ns,
        span.span_id,
        span.service,
        span.name,
        span.duration_ns,
    )


def _asked(span: Span) -> Asked | None:
    route = span.attributes.get("http.route")
    if span.kind != "server" or not isinstance(route, str) or route.endswith(_PASSED_ON):
        return None
    return Asked(span.start_ns, span.span_id, span.service, (span.route or span.name)[:_LONGEST])


def _bounded(before: frozenset[str], more: Set[str]) -> frozenset[str]:
    """What was found stays; of the new as many as there is room for."""
    room = _MOST - len(before)
    new = more - before
    return before | (new if len(new) <= room else frozenset(sorted(new)[:room]))
