"""A span as it may be kept."""

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from services.traces.commands.scrubbing import texts
from services.traces.commands.scrubbing.known import ADDRESSES, KNOWN, REFUSED, STATEMENTS
from services.traces.domain import Occurrence, Span, Value

_SMALLEST_NUMBER = 10**9
_MOST_ATTRIBUTES, _MOST_MOMENTS, _MOST_LINKS, _MOST_ELEMENTS = 64, 64, 32, 32
_SERVICE = re.compile(r"[\w.:-]{1,200}", re.ASCII)
_UNKNOWN = "unknown_service"


class Scrubbing:
    """The scrubbing of one installation."""

    def __init__(self, more: Iterable[str] = ()) -> None:
        """`more`: names of attributes that are kept besides the known ones, `vendor.*` for all."""
        allowed = [one for one in more if not one.startswith(REFUSED)]
        self._known = KNOWN | {one for one in allowed if not one.endswith("*")}
        self._prefixes = tuple(one[:-1] for one in allowed if one.endswith(".*"))

    def span(self, span: Span) -> Span:
        """The same span with what may be kept of it."""
        attributes, dropped = self._attributes(span.attributes)
        return Span(
            span.trace_id,
            span.span_id,
            span.parent_id,
            _service(span.service),
            texts.name(span.name)[:300] or "unnamed",
            span.kind,
            span.start_ns,
            span.duration_ns,
            span.failed,
            attributes,
            [self._moment(moment) for moment in span.occurrences[:_MOST_MOMENTS]],
            span.links[:_MOST_LINKS],
            dropped + span.dropped,
        )

    def _moment(self, moment: Occurrence) -> Occurrence:
        return Occurrence(
            texts.name(moment.name), moment.at_ns, self._attributes(moment.attributes)[0]
        )

    def _attributes(self, given: Mapping[str, Value]) -> tuple[dict[str, Value], int]:
        kept: dict[str, Value] = {}
        for key, value in given.items():
            if len(kept) == _MOST_ATTRIBUTES:
                break
            if key in self._known:
                kept[key] = _value(value)
            elif key in ADDRESSES and isinstance(value, str):
                kept[key] = texts.address(value)
            elif key in STATEMENTS and isinstance(value, str):
                kept[key] = texts.statement(value)
            elif self._prefixes and self._is_listed(key):
                kept[texts.clean(key)] = _value(value)
        return kept, len(given) - len(kept)

    def _is_listed(self, key: str) -> bool:
        return key.startswith(self._prefixes) and not key.startswith(REFUSED)


def _value(value: Value) -> Any:
    if isinstance(value, str):
        return texts.clean(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value if abs(value) < _SMALLEST_NUMBER else texts.number(value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, list):
        return [_value(one) for one in value[:_MOST_ELEMENTS]]
    return "[not kept]"  # bytes and mappings: no known attribute is one


def _float(value: float) -> float | str | None:
    if not math.isfinite(value):
        return None
    whole = int(value)
    if abs(whole) < _SMALLEST_NUMBER or isinstance(masked := texts.number(whole), int):
        return value
    return masked


def _service(name: str) -> str:
    """The name of a service: a word, as the conventions have it."""
    return name if _SERVICE.fullmatch(name) and texts.clean(name) == name else _UNKNOWN
