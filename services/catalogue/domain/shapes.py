"""What the fields of an item are made of: looked at first, so that the rules can rely on it."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

_TEXT = "文字 (a text)"
_NUMBER = "整数 (a whole number)"
_TEXTS = "文字的列表 (a list of texts)"
_OBJECTS = "对象的列表 (a list of objects)"
_OBJECT = "对象 (an object)"
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
}
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def wrong_shapes(item: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each field that is not what it has to be, and why."""
    for field, value in item.items():
        kind = _KINDS.get(field)
        if kind is not None and value is not None and not _is(kind, value):
            yield field, f"应为{kind}，现为 {value!r:.60}"
        elif _unprintable(value):
            yield field, "含有不可显示的字符 (holds unprintable characters)"
    effective = item.get("effective")
    if isinstance(effective, str) and not _is_date(effective):
        yield "effective", f"{effective!r:.40} 应写作 2026-01-31 (write it like that)"


def _is(kind: str, value: object) -> bool:
    if kind in (_TEXTS, _OBJECTS):
        inner = str if kind == _TEXTS else dict
        return isinstance(value, list) and all(isinstance(one, inner) for one in value)
    if kind == _NUMBER:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, dict if kind == _OBJECT else str)


def _unprintable(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(_unprintable(name) or _unprintable(inner) for name, inner in value.items())
    if isinstance(value, list):
        return any(_unprintable(one) for one in value)
    return isinstance(value, str) and _UNPRINTABLE.search(value) is not None


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
