"""The last line of defence: identity numbers, phones and accounts are masked wherever they turn up.

No code may log them in the first place; a masked line says so (`scrubbed`), so that the place
that wrote it is found and mended.
"""

import re
from typing import Any

from structlog.typing import EventDict, WrappedLogger

_DATE = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_PERSONAL = re.compile(
    r"(?<![0-9A-Za-z])(?:"
    rf"(?P<id>[1-9]\d{{5}}(?:(?:18|19|20)\d\d{_DATE}\d{{3}}[\dXx]|\d\d{_DATE}\d{{3}}))"
    r"|(?P<phone>(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4})"
    r"|(?P<account>62\d{14,17})"
    r")(?![0-9A-Za-z])"
)
_MASKS = {"id": "[identity number]", "phone": "[phone]", "account": "[account]"}
_REFUSED = frozenset({
    "access_token", "assertion", "authorization", "body", "client_secret", "cookie", "form",
    "headers", "id_number", "name", "params", "password", "phone", "query", "query_string",
    "secret", "token",
})  # fmt: skip
_SMALLEST_NUMBER = 10**10
_DEEPEST = 6
_PLAIN = frozenset({int, float, bool, type(None)})


def scrub(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A structlog processor: mask personal numbers, refuse fields that hold content."""
    if _harmless(event):
        return event
    clean: EventDict = {key: _clean(key, value, _DEEPEST) for key, value in event.items()}
    if clean != event:
        clean["scrubbed"] = True
    return clean


def mask(text: str) -> str:
    """The text with every identity number, phone and account number replaced."""
    return _PERSONAL.sub(lambda found: _MASKS[found.lastgroup or "id"], text)


def _harmless(event: EventDict) -> bool:
    """Whether one look over a flat event finds nothing: nearly every line is such a one."""
    if not _REFUSED.isdisjoint(map(str.lower, event)):
        return False
    texts: list[str] = []
    for value in event.values():
        kind = type(value)
        if kind is str:
            texts.append(value)
        elif kind not in _PLAIN or (kind is int and value >= _SMALLEST_NUMBER):
            return False
    return _PERSONAL.search("\n".join(texts)) is None


def _clean(key: object, value: Any, depth: int) -> Any:
    if isinstance(key, str) and key.lower() in _REFUSED:
        return "[refused]"
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, bool | float) or value is None:
        return value
    if isinstance(value, int):
        return value if value < _SMALLEST_NUMBER else _number(value)
    return _inside(value, depth)


def _number(value: int) -> int | str:
    masked = mask(str(value))
    return value if masked == str(value) else masked


def _inside(value: Any, depth: int) -> Any:
    if depth == 0:
        return "[too deep]"
    if isinstance(value, dict):
        return {
            (mask(key) if isinstance(key, str) else key): _clean(key, inner, depth - 1)
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(None, inner, depth - 1) for inner in value]
    return mask(str(value))
