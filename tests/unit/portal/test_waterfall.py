"""A trace as it is drawn: bars and marks on one axis, subtrees, events put together."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.portal.domain.waterfall import MOST_ROWS, Axis, waterfall

MOMENTS = st.floats(-1e6, 1e6, allow_nan=False)


def span(id_: str, depth: int, at: float = 0, lasting: float = 10, **more: Any) -> dict[str, Any]:
    return {
        "span_id": id_, "depth": depth, "offset_ms": at, "duration_ms": lasting,
        "service": "cases", **more,
    }  # fmt: skip


def event(span_id: str, stage: str, at: float, **more: Any) -> dict[str, Any]:
    return {
        "span_id": span_id, "stage": stage, "offset_ms": at, "type": "t", "subject": "s",
        "id": None, "service": "cases", "error": False, **more,
    }  # fmt: skip


def trace(*spans: dict[str, Any], events: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {"tree": list(spans), "events": list(events), "services": ["cases", "gateway"]}


@given(MOMENTS, st.floats(0, 1e6), MOMENTS, st.floats(0, 1e6))
def test_a_bar_never_leaves_the_axis_and_is_never_too_thin(
    start: float, length: float, at: float, lasting: float
) -> None:
    x, width = Axis(start, length).bar(at, lasting)
    assert 0 <= x <= 100
    assert 0.39 <= width <= 100
    assert x + width <= 100.01


@given(st.floats(0, 1e6), MOMENTS, MOMENTS)
def test_what_is_later_stands_no_further_to_the_left(length: float, a: float, b: float) -> None:
    axis = Axis(0, length)
    earlier, later = sorted((a, b))
    assert axis.place(earlier) <= axis.place(later)


def test_bars_stand_where_their_spans_were() -> None:
    picture = waterfall(trace(span("a", 0, 0, 100), span("b", 1, 25, 50)))
    assert [(row.x, row.width, row.indent) for row in picture.rows] == [(0, 100, 0), (25, 50, 1)]
    assert picture.axis.ticks == [0, 25, 50, 75, 100]
    assert [row.above for row in picture.rows] == [True, False]


def test_a_zoom_shows_a_span_and_what_it_set_off_on_an_axis_of_their_own() -> None:
    whole = trace(
        span("a", 0, 0, 100), span("b", 1, 40, 20), span("c", 2, 50, 5), span("d", 1, 90, 1),
        events=(event("c", "created", 50), event("d", "created", 90, subject="other")),
    )  # fmt: skip
    picture = waterfall(whole, "b")
    assert [row.span["span_id"] for row in picture.rows] == ["b", "c"]
    assert [(row.x, row.width, row.indent) for row in picture.rows] == [(0, 100, 0), (50, 25, 1)]
    assert [journey.subject for journey in picture.journeys] == ["s"]
    assert picture.zoomed is not None


def test_a_zoom_on_a_span_that_is_not_there_shows_the_whole() -> None:
    picture = waterfall(trace(span("a", 0)), "gone")
    assert (len(picture.rows), picture.zoomed) == (1, None)


def test_the_stages_of_an_event_are_one_journey() -> None:
    events = (
        event("a", "created", 0),
        event("a", "published", 50, id="evt_1"),
        event("a", "processed", 100, id="evt_1", service="exchange"),
        event("a", "created", 60, subject="another"),
    )
    first, second = waterfall(trace(span("a", 0, 0, 100), events=events)).journeys
    assert ([mark.x for mark in first.marks], first.id, first.ends) == (
        [0, 50, 100],
        "evt_1",
        (0, 100),
    )
    assert [mark.stage for mark in second.marks] == ["created"]


def test_rows_beyond_what_can_be_read_are_counted() -> None:
    spans = [span(str(n), 0 if n == 0 else 1) for n in range(MOST_ROWS + 7)]
    picture = waterfall(trace(*spans))
    assert (len(picture.rows), picture.hidden) == (MOST_ROWS, 7)


def test_a_trace_without_length_or_without_spans_is_drawn_all_the_same() -> None:
    assert waterfall(trace(span("a", 0, 0, 0))).rows[0].x == 0
    assert waterfall(trace()).rows == []
