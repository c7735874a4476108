"""What a browser posts, as typed answers. What the form does not ask is dropped."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.portal.pages.forms.schema import Schema, active

Posted = Mapping[str, Sequence[str]]
MOST_ROWS = 200
_PASSES = 3  # a branch may open another


@dataclass(frozen=True, slots=True)
class _Given:
    """What was posted; `empty_rows`: whether rows without an answer keep their place."""

    posted: Posted
    empty_rows: bool


def parse(
    schema: Schema,
    posted: Posted,
    standing: Mapping[str, Any] | None = None,
    *,
    empty_rows: bool = False,
) -> dict[str, Any]:
    """Names such as `a.b` and `rows[0].c` as JSON; an empty answer is left out.

    `standing` are top-level values that are not asked but known; whatever is posted for them.
    `empty_rows`: rows without an answer stay too, for a form that is only shown again.
    """
    return _object(schema, _Given(posted, empty_rows), "", standing or {})


def _object(
    schema: Schema, given: _Given, path: str, standing: Mapping[str, Any]
) -> dict[str, Any]:
    answers: dict[str, Any] = dict(standing)
    for _ in range(_PASSES):
        asked = active(schema, answers)["properties"]
        taken = {
            name: value
            for name, field in asked.items()
            if (value := _value(field, given, f"{path}.{name}" if path else name)) is not None
        }
        taken |= standing
        if taken == answers:
            break
        answers = taken
    asked = active(schema, answers)["properties"]
    return {name: value for name, value in answers.items() if name in asked}


def _value(field: Schema, given: _Given, path: str) -> Any:
    kind = field.get("type")
    if kind == "object":
        return _object(field, given, path, {}) or None
    if kind == "array":
        return _array(field, given, path)
    texts = [_text(one) for one in given.posted.get(path, ())]
    if kind == "boolean":
        return _boolean(texts)
    return _scalar(field, texts[-1]) if texts and texts[-1] else None


def _array(field: Schema, given: _Given, path: str) -> list[Any] | None:
    row = field.get("items", {})
    if row.get("enum"):
        chosen = {_text(one) for one in given.posted.get(path, ())}
        return [option for option in row["enum"] if str(option) in chosen] or None
    numbered = re.compile(re.escape(path) + r"\[(\d{1,4})\](?:$|[.\[])")
    places = sorted({int(found[1]) for name in given.posted if (found := numbered.match(name))})
    rows = [_value(row, given, f"{path}[{place}]") for place in places[:MOST_ROWS]]
    if given.empty_rows:
        rows = [{} if one is None else one for one in rows]
    return [one for one in rows if one is not None] or None


def _scalar(field: Schema, text: str) -> Any:
    for option in field.get("enum", ()):
        if str(option) == text:
            return option
    if field.get("type") == "integer":
        return _number(text, int)
    if field.get("type") == "number":
        return _number(text, float)
    return text


def _number(text: str, kind: type[int] | type[float]) -> Any:
    """The number, or the text as it was typed, which the check then names."""
    plain = text.replace(",", "").replace("，", "")
    try:
        number = kind(plain)
    except ValueError:
        return text
    return number if math.isfinite(number) else text


def _boolean(texts: Sequence[str]) -> bool | None:
    """A box posts "0" from a hidden twin, and "1" when it is ticked: unseen is not unticked."""
    return None if not texts else "1" in texts


def _text(value: str) -> str:
    return value.replace("\r\n", "\n").replace("\r", "\n").strip()
