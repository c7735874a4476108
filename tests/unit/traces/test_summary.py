"""A trace in short: the same, however its spans come in parts."""

from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from services.traces.domain import Span, Summary

TRACE = "1" * 32
CASE = "990102000000202611210010000011"
ATTRIBUTES = st.sampled_from(
    [
        {},
        {"tongban.case_number": CASE},
        {"tongban.item_code": "i", "tongban.department": "d"},
        {"http.route": "/v1/cases", "http.request.method": "POST"},
        {"sampled_late": True},
        {"cloudevents.event_type": "tongban.cases.case_submitted.v1",
         "cloudevents.event_subject": CASE},
        {"tongban.case_number": "x" * 300},
    ]
)  # fmt: skip
SPANS = st.lists(
    st.builds(
        Span,
        st.just(TRACE),
        st.integers(1, 10**6).map(lambda n: f"{n:016x}"),
        st.none() | st.just("f" * 16),
        st.sampled_from(["gateway", "cases", "exchange"]),
        st.sampled_from(["GET /", "create x", "work"]),
        st.sampled_from(["server", "client", "producer"]),
        st.integers(0, 10**6),
        st.integers(0, 10**6),
        st.booleans(),
        ATTRIBUTES,
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda one: one.span_id,
)


@given(SPANS, st.lists(st.integers(0, 3), min_size=12, max_size=12))
def test_parts_in_any_order_give_the_same_as_the_whole(spans: list[Span], cut: list[int]) -> None:
    parts: dict[int, list[Span]] = {}
    for span, part in zip(spans, cut, strict=False):
        parts.setdefault(part, []).append(span)
    summaries = [Summary.of(TRACE, some, len(some)) for some in parts.values()]
    whole = Summary.of(TRACE, spans, len(spans))
    assert reduce(Summary.join, summaries) == whole
    assert reduce(Summary.join, reversed(summaries)) == whole


def test_the_first_span_without_a_parent_is_the_root() -> None:
    child = Span(TRACE, "a", "b", "cases", "earlier by a wrong clock", "server", 5, 10)
    root = Span(TRACE, "b", None, "gateway", "POST /", "server", 10, 90)
    summary = Summary.of(TRACE, [child, root])
    assert (summary.root.name, summary.root.duration_ns) == ("POST /", 90)
    assert (summary.start_ns, summary.end_ns) == (5, 100)


def test_a_trace_of_very_many_cases_is_found_by_some_of_them() -> None:
    sweep = [
        Span(TRACE, str(n), None, "cases", "sweep", "internal", n, 1, attributes={
            "tongban.case_number": f"case-{n:04}"})
        for n in range(500)
    ]  # fmt: skip
    summary = Summary.of(TRACE, sweep[:10]).join(Summary.of(TRACE, sweep[10:]))
    assert len(summary.facets["case"]) == 64
    assert {f"case-{n:04}" for n in range(10)} <= summary.facets["case"]
