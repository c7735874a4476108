"""Which parts of a tree a proof is made of (RFC 9162): pure arithmetic on positions."""

from collections.abc import Iterator

Range = tuple[int, int]
"""Leaves from the first up to, not including, the second."""


def inclusion_parts(position: int, size: int) -> list[Range]:
    """The subtrees whose roots prove that a leaf is in a tree, from the leaf upwards (2.1.3.1)."""
    low, high = 0, size
    parts: list[Range] = []
    while high - low > 1:
        middle = low + _split(high - low)
        if position < middle:
            parts.append((middle, high))
            high = middle
        else:
            parts.append((low, middle))
            low = middle
    return parts[::-1]


def consistency_parts(old: int, new: int) -> list[Range]:
    """The subtrees whose roots prove that a tree continues an older one (2.1.4.1)."""
    if old == 0:
        return []
    low, high = 0, new
    parts: list[Range] = []
    while old < high:
        middle = low + _split(high - low)
        if old <= middle:
            parts.append((middle, high))
            high = middle
        else:
            parts.append((low, middle))
            low = middle
    if low:
        parts.append((low, high))
    return parts[::-1]


def complete_subtrees(part: Range) -> Iterator[tuple[int, int]]:
    """Height and index of the complete subtrees side by side in a part, the tallest first."""
    low, high = part
    while low < high:
        height = (high - low).bit_length() - 1
        yield height, low >> height
        low += 1 << height


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1
