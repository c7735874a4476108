"""Showing a part of a value."""


def mask(value: str, keep_start: int, keep_end: int, *, cover: str = "*") -> str:
    """Cover the middle of a value; all of it when nothing would be left to cover."""
    if keep_start < 0 or keep_end < 0:
        raise ValueError("the characters to keep are counted from 0 up")
    covered = len(value) - keep_start - keep_end
    if covered <= 0:
        return cover * len(value)
    return value[:keep_start] + cover * covered + value[len(value) - keep_end :]
