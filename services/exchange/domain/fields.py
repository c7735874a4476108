"""Fields of a resource, and whether what a source answers fits them."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

Value = str | int | float | bool | None
_LARGEST_EXACT = 2**53 - 1  # what every reader of JSON keeps to the last digit


class Unfit(Exception):
    """An answer breaks the resource's definition; it names the field, never the value."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its type, its length, and whether it is personal, sensitive or open."""

    name: str
    title: str
    type: str
    sensitivity: str = "personal"
    max_length: int = 500


def fit(fields: Iterable[Field], record: Mapping[str, Any]) -> dict[str, Value]:
    """The values of these fields and of no other; a missing one is None. Raises Unfit."""
    return {field.name: _fitting(field, record.get(field.name)) for field in fields}


def _fitting(field: Field, value: Any) -> Value:
    if value is None:
        return None
    if not _CHECKS[field.type](value):
        raise Unfit(f"{field.name} is not of the type {field.type}")
    if isinstance(value, str) and len(value) > field.max_length:
        raise Unfit(f"{field.name} is longer than {field.max_length} characters")
    fitting: Value = value
    return fitting


def _text(value: Any) -> bool:
    return isinstance(value, str) and "\0" not in value and _encodable(value)


def _encodable(value: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in value)


def _integer(value: Any) -> bool:
    return type(value) is int and abs(value) <= _LARGEST_EXACT


def _number(value: Any) -> bool:
    return _integer(value) or (type(value) is float and math.isfinite(value))


def _boolean(value: Any) -> bool:
    return isinstance(value, bool)


def _date(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


_CHECKS: Mapping[str, Callable[[Any], bool]] = {
    "string": _text,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
}
TYPES = frozenset(_CHECKS)
