"""The spans of a trace as a tree, whatever came: parents that are missing, twice or in a circle."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from services.traces.domain.span import Span


@dataclass(frozen=True, slots=True)
class Placed:
    """A span at its place; `orphan`: its parent was not kept, or has not come yet."""

    span: Span
    depth: int
    orphan: bool


def in_tree_order(spans: Iterable[Span]) -> list[Placed]:
    """Each span once, parents before their children, siblings as they began."""
    waiting = {span.span_id: span for span in sorted(spans, key=_age)}
    children: dict[str | None, list[Span]] = defaultdict(list)
    for span in waiting.values():
        children[span.parent_id if span.parent_id in waiting else None].append(span)
    placed: list[Placed] = []
    for span in children.pop(None, []):
        _walk(span, children, waiting, placed)
    while waiting:  # parents in a circle: the earliest begins it
        _walk(next(iter(waiting.values())), children, waiting, placed)
    return placed


def _walk(
    first: Span,
    children: dict[str | None, list[Span]],
    waiting: dict[str, Span],
    placed: list[Placed],
) -> None:
    """Place a span and all below it; not by recursion, for a chain may be thousands long."""
    stack = [(first, 0)]
    while stack:
        span, depth = stack.pop()
        if waiting.pop(span.span_id, None) is None:
            continue
        placed.append(Placed(span, depth, depth == 0 and span.parent_id is not None))
        stack += [(child, depth + 1) for child in reversed(children.get(span.span_id, ()))]


def _age(span: Span) -> tuple[int, str]:
    return span.start_ns, span.span_id
