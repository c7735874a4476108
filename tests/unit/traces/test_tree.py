"""The tree of a trace, whatever came in whatever order."""

from hypothesis import given
from hypothesis import strategies as st

from services.traces.domain import Span, in_tree_order

IDS = st.sampled_from([f"{number:016x}" for number in range(1, 13)])


def span(span_id: str, parent: str | None, start: int = 0) -> Span:
    return Span("1" * 32, span_id, parent, "cases", "work", "internal", start, 10)


SPANS = st.lists(
    st.builds(span, IDS, st.none() | IDS, st.integers(0, 50)), unique_by=lambda one: one.span_id
)


@given(SPANS)
def test_each_span_stands_in_it_once(spans: list[Span]) -> None:
    placed = in_tree_order(spans)
    assert sorted(one.span.span_id for one in placed) == sorted(one.span_id for one in spans)


@given(SPANS)
def test_parents_stand_above_their_children_one_step_to_the_left(spans: list[Span]) -> None:
    where = {one.span.span_id: (at, one) for at, one in enumerate(in_tree_order(spans))}
    for at, one in where.values():
        parent = where.get(one.span.parent_id or "")
        if one.depth > 0:
            assert parent is not None
            assert parent[0] < at
            assert parent[1].depth == one.depth - 1


@given(SPANS, st.randoms())
def test_the_order_in_which_they_came_does_not_matter(spans: list[Span], random: object) -> None:
    shuffled = list(spans)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert in_tree_order(spans) == in_tree_order(shuffled)


def test_siblings_stand_as_they_began() -> None:
    spans = [span("a", None), span("c", "a", 2), span("b", "a", 5), span("d", "c", 9)]
    assert [one.span.span_id for one in in_tree_order(spans)] == ["a", "c", "d", "b"]


def test_a_span_whose_parent_is_missing_begins_a_tree_of_its_own() -> None:
    placed = in_tree_order([span("a", None), span("b", "gone", 5)])
    assert [(one.span.span_id, one.depth, one.orphan) for one in placed] == [
        ("a", 0, False), ("b", 0, True),
    ]  # fmt: skip


def test_a_circle_of_parents_is_cut_where_it_began() -> None:
    placed = in_tree_order([span("a", "b", 1), span("b", "a", 2), span("c", "c", 3)])
    assert [(one.span.span_id, one.depth) for one in placed] == [("a", 0), ("b", 1), ("c", 0)]


def test_a_chain_of_thousands_is_no_recursion() -> None:
    chain = [span(str(n), str(n - 1) if n else None, n) for n in range(5_000)]
    assert in_tree_order(chain)[-1].depth == 4_999
