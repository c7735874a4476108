"""Spans, what a trace is in short, its tree, its business events; the standard library only."""

from services.traces.domain.business import BusinessEvent, Stage, business_event, business_events
from services.traces.domain.percentiles import percentile
from services.traces.domain.red import Calls, Entry, Red, red
from services.traces.domain.span import KINDS, Link, Occurrence, Span, Value
from services.traces.domain.summary import FACETS, REQUEST, Asked, Root, Summary, facets_of
from services.traces.domain.tree import Placed, in_tree_order

__all__ = [
    "FACETS",
    "KINDS",
    "REQUEST",
    "Asked",
    "BusinessEvent",
    "Calls",
    "Entry",
    "Link",
    "Occurrence",
    "Placed",
    "Red",
    "Root",
    "Span",
    "Stage",
    "Summary",
    "Value",
    "business_event",
    "business_events",
    "facets_of",
    "in_tree_order",
    "percentile",
    "red",
]
