"""Between the domain and the rows of the tables."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from typing import Any

import orjson
from sqlalchemy import Row

from services.traces.domain import (
    FACETS,
    Asked,
    Link,
    Occurrence,
    Root,
    Span,
    Summary,
    business_event,
)

_NAME = 300
_OVERHEAD = 250  # a span's row without its detail, its index entries and its share of the trace's


@dataclass(slots=True)
class Kept:
    """A span that may be stored: nothing personal is left in it."""

    span: Span
    row: dict[str, Any]

    @property
    def size(self) -> int:
        """Bytes that it takes, about."""
        return len(self.row["detail"]) + _OVERHEAD

    @classmethod
    def of(cls, span: Span) -> "Kept":
        """The span with its row, made where there is time for it."""
        return cls(span, _row(span))


@dataclass(frozen=True, slots=True)
class Stored:
    """A trace as it is listed: its summary, and what the store knows besides."""

    summary: Summary
    at_ns: int
    over: int


def _row(span: Span) -> dict[str, Any]:
    detail = {
        "attributes": span.attributes,
        "occurrences": [[one.name, one.at_ns, one.attributes] for one in span.occurrences],
        "links": [[link.trace_id, link.span_id] for link in span.links],
        "dropped": span.dropped,
    }
    route = span.route
    return {
        "trace_id": span.trace_id,
        "span_id": span.span_id,
        "parent_id": span.parent_id,
        "service": span.service,
        "name": span.name,
        "kind": span.kind,
        "start_ns": span.start_ns,
        "duration_ns": span.duration_ns,
        "failed": span.failed,
        "late": span.late,
        "route": None if route is None else route[:_NAME],
        "is_event": business_event(span) is not None,
        "detail": orjson.dumps(detail, option=orjson.OPT_NON_STR_KEYS).decode(),
    }


def span_of(row: Row[Any]) -> Span:
    """The span again."""
    detail = orjson.loads(row.detail)
    return Span(
        row.trace_id,
        row.span_id,
        row.parent_id,
        row.service,
        row.name,
        row.kind,
        row.start_ns,
        row.duration_ns,
        row.failed,
        detail["attributes"],
        [Occurrence(name, at_ns, found) for name, at_ns, found in detail["occurrences"]],
        [Link(trace_id, span_id) for trace_id, span_id in detail["links"]],
        detail["dropped"],
    )


def stored(row: Row[Any]) -> Stored:
    """A trace as it is listed."""
    return Stored(summary_of(row), row.at_ns, row.over)


def summary_of(row: Row[Any]) -> Summary:
    """The summary of a trace's row."""
    root = Root(
        row.root_stands_in,
        row.root_start_ns,
        row.root_span_id,
        row.root_service,
        row.root_name,
        row.root_duration_ns,
    )
    return Summary(
        row.trace_id,
        root,
        row.start_ns,
        row.end_ns,
        row.spans,
        row.errors,
        row.late,
        row.bytes,
        {name: frozenset(row.facets.get(name, ())) for name in FACETS},
        Asked(*row.asked) if row.asked else None,
    )


def trace_row(summary: Summary) -> dict[str, Any]:
    """The columns of a trace that change as spans come."""
    root = summary.root
    return {
        "start_ns": summary.start_ns,
        "end_ns": summary.end_ns,
        "root_stands_in": root.stands_in,
        "root_start_ns": root.start_ns,
        "root_span_id": root.span_id,
        "root_service": root.service,
        "root_name": root.name,
        "root_duration_ns": root.duration_ns,
        "spans": summary.spans,
        "errors": summary.errors,
        "late": summary.late,
        "bytes": summary.bytes,
        "facets": written(summary.facets),
        "asked": None if summary.asked is None else list(astuple(summary.asked)),
    }


def written(facets: Mapping[str, frozenset[str]]) -> dict[str, list[str]]:
    """Facets as JSON, those that say something."""
    return {name: sorted(values) for name, values in facets.items() if values}
