"""What the fields of an item are made of: looked at first, so that the rules can rely on it."""

import math
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

_TEXT = "文字 (a text)"
_NUMBER = "不超过六位的整数 (a whole number of at most six digits)"
_TEXTS = "文字的列表 (a list of texts)"
_OBJECTS = "对象的列表 (a list of objects)"
_OBJECT = "对象 (an object)"
_FLAG = "true 或 false (true or false)"
_KINDS = {
    **dict.fromkeys(
        ("code", "base_code", "local_code", "name", "summary", "link", "visits_reason"), _TEXT
    ),
    **dict.fromkeys(("item_type", "use_level", "project_type", "effective"), _TEXT),
    **dict.fromkeys(("department", "department_name", "region"), _TEXT),
    **dict.fromkeys(("promise_days", "statutory_days", "visits", "online_depth"), _NUMBER),
    **dict.fromkeys(("real_name_level", "version"), _NUMBER),
    **dict.fromkeys(("audience", "themes", "keywords"), _TEXTS),
    **dict.fromkeys(("guide", "fee", "result", "form"), _OBJECT),
    "materials": _OBJECTS,
    "separate_decision": _FLAG,  # who accepts does not decide
}
_LARGEST = 999_999  # of days, visits, versions
_LARGEST_EXACT = 2**53 - 1  # what every reader of JSON keeps to the last digit
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def wrong_shapes(item: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each field that is not what it has to be, and why."""
    for field, value in item.items():
        kind = _KINDS.get(field)
        if kind is not None and value is not None and not _is(kind, value):
            yield field, f"应为{kind}，现为 {value!r:.60}"
        elif _unprintable(value):
            yield field, "含有不可显示的字符 (holds unprintable characters)"
        elif _inexact(value):
            yield field, "含有过大的数字 (holds a number that not every reader can keep)"
    effective = item.get("effective")
    if isinstance(effective, str) and not _is_date(effective):
        yield "effective", f"{effective!r:.40} 应写作 2026-01-31 (write it like that)"


def _is(kind: str, value: object) -> bool:
    if kind in (_TEXTS, _OBJECTS):
        inner = str if kind == _TEXTS else dict
        return isinstance(value, list) and all(isinstance(one, inner) for one in value)
    if kind == _FLAG:
        return isinstance(value, bool)
    if kind == _NUMBER:
        return type(value) is int and abs(value) <= _LARGEST
    return isinstance(value, dict if kind == _OBJECT else str)


def _unprintable(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(_unprintable(name) or _unprintable(inner) for name, inner in value.items())
    if isinstance(value, list):
        return any(_unprintable(one) for one in value)
    return isinstance(value, str) and _UNPRINTABLE.search(value) is not None


def _inexact(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(_inexact(inner) for inner in value.values())
    if isinstance(value, list):
        return any(_inexact(one) for one in value)
    if isinstance(value, int):
        return abs(value) > _LARGEST_EXACT
    return isinstance(value, float) and not math.isfinite(value)


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
