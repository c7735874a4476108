"""Whose trace a request belongs to: inside what it says counts, at the border what we know."""

from collections.abc import Mapping
from typing import NamedTuple

from opentelemetry.trace import Link, SpanContext

from shared.telemetry.baggage import carried, parse_baggage
from shared.telemetry.context import Work
from shared.telemetry.tracing import parse_traceparent


class Origin(NamedTuple):
    """Where a request comes from."""

    parent: SpanContext | None = None
    links: tuple[Link, ...] = ()
    given: Mapping[str, str] = {}


class Inside:
    """Behind the gateway: the caller's trace goes on, with his decision and his baggage."""

    def enter(self, traceparent: str | None, baggage: str | None) -> Origin:
        """The origin that the headers tell."""
        parent = parse_traceparent(traceparent)
        return Origin(parent, (), parse_baggage(baggage)) if parent else Origin()

    def begun(self, context: SpanContext, work: Work) -> None:
        """A request began."""

    def ended(self, context: SpanContext) -> None:
        """A request was answered."""


class Outside:
    """At the gateway: a new trace, with a link to the caller's; he neither decides nor adds to it.

    A trace that began here and is still under way goes on: what serves a page asks for its data
    through the gateway again. Nobody guesses its id.
    """

    def __init__(self) -> None:
        self._under_way: dict[int, tuple[SpanContext, Work]] = {}

    def enter(self, traceparent: str | None, _baggage: str | None) -> Origin:
        """The origin, as far as the headers may tell it."""
        claimed = parse_traceparent(traceparent)
        if claimed is None:
            return Origin()
        known = self._under_way.get(claimed.trace_id)
        if known is None:
            return Origin(links=(Link(claimed),))
        ours, work = known
        parent = SpanContext(claimed.trace_id, claimed.span_id, True, ours.trace_flags)
        return Origin(parent, (), carried(work))

    def begun(self, context: SpanContext, work: Work) -> None:
        """A request began, perhaps with a trace of its own."""
        self._under_way.setdefault(context.trace_id, (context, work))

    def ended(self, context: SpanContext) -> None:
        """A request was answered; with the one that began it the trace ends."""
        known = self._under_way.get(context.trace_id)
        if known is not None and known[0].span_id == context.span_id:
            del self._under_way[context.trace_id]


Border = Inside | Outside
