"""Two JSON Schemas compared: is what was promised still kept, for data that go in one direction?"""

from collections.abc import Iterator
from enum import Enum
from typing import Any

Json = dict[str, Any]

_ANY = frozenset({"string", "integer", "number", "boolean", "null", "array", "object"})
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems")


class Direction(Enum):
    """Whether we receive the data or send them."""

    TAKEN = "taken"
    GIVEN = "given"


class Sides:
    """The old and the new document, in which references are looked up."""

    def __init__(self, old: Json, new: Json) -> None:
        self._old = old
        self._new = new
        self._under_way: set[tuple[str, str, Direction]] = set()

    def differences(self, old: Json, new: Json, where: str, direction: Direction) -> Iterator[str]:
        """Each thing that is narrower (taken) or wider (given) than it was."""
        pair = (str(old.get("$ref")), str(new.get("$ref")), direction)
        if pair in self._under_way:
            return
        if pair[:2] != ("None", "None"):
            self._under_way.add(pair)
        was, now = _variants(self._old, old), _variants(self._new, new)
        yield from _types(was, now, where, direction)
        for variant in was:
            other = _counterpart(variant, now)
            if other is not None:
                yield from self._same_kind(variant, other, where, direction)
        self._under_way.discard(pair)

    def _same_kind(self, old: Json, new: Json, where: str, direction: Direction) -> Iterator[str]:
        yield from _values(old, new, where, direction)
        if direction is Direction.TAKEN:
            yield from _limits(old, new, where)
        yield from self._fields(old, new, where, direction)
        for name in ("items", "additionalProperties"):
            was, now = old.get(name), new.get(name)
            if isinstance(was, dict) and isinstance(now, dict):
                yield from self.differences(was, now, f"{where}[]", direction)

    def _fields(self, old: Json, new: Json, where: str, direction: Direction) -> Iterator[str]:
        was, now = old.get("properties", {}), new.get("properties", {})
        required_then, required_now = set(old.get("required", ())), set(new.get("required", ()))
        for name, field in was.items():
            place = f"{where}.{name}".lstrip(".")
            if name not in now:
                yield f"the field {place} is gone"
                continue
            yield from self.differences(field, now[name], place, direction)
        for name in sorted(required_now - required_then if direction is Direction.TAKEN else ()):
            yield f"the field {f'{where}.{name}'.lstrip('.')} is now required"
        if direction is Direction.GIVEN:
            for name in sorted((required_then - required_now) & now.keys()):
                yield f"the field {f'{where}.{name}'.lstrip('.')} may now be missing"


def _variants(document: Json, schema: Json) -> list[Json]:
    """The alternatives of a schema, references followed."""
    if "$ref" in schema:
        target: Any = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return _variants(document, target)
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return [one for part in schema[union] for one in _variants(document, part)]
    return [schema]


def _kinds(schema: Json) -> frozenset[str]:
    if "const" in schema or "enum" in schema:
        return frozenset(_kind(value) for value in _enumerated(schema) or ())
    said = schema.get("type", _ANY)
    kinds = frozenset([said] if isinstance(said, str) else said)
    return kinds | {"integer"} if "number" in kinds else kinds


def _kind(value: object) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    names = {str: "string", int: "integer", float: "number", list: "array"}
    return names.get(type(value), "object")


def _types(was: list[Json], now: list[Json], where: str, direction: Direction) -> Iterator[str]:
    then = frozenset[str]().union(*map(_kinds, was))
    present = frozenset[str]().union(*map(_kinds, now))
    wrong = then - present if direction is Direction.TAKEN else present - then
    if wrong:
        word = "is not taken any more" if direction is Direction.TAKEN else "was not there before"
        yield f"{where or 'it'}: {' or '.join(sorted(wrong))} {word}"


def _counterpart(variant: Json, others: list[Json]) -> Json | None:
    """What takes the variant's place: the same, else one of its title, else one of its type."""
    alike = [other for other in others if _kinds(other) & _kinds(variant)]
    same = [other for other in alike if other == variant]
    titled = [other for other in alike if other.get("title") == variant.get("title")]
    return next(iter(same or titled or alike), None)


def _enumerated(schema: Json) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    values: list[Any] | None = schema.get("enum")
    return values


def _values(old: Json, new: Json, where: str, direction: Direction) -> Iterator[str]:
    was, now = _enumerated(old), _enumerated(new)
    if direction is Direction.TAKEN and now is not None:
        gone = [value for value in was if value not in now] if was is not None else ["other values"]
        if gone:
            yield f"{where}: {', '.join(map(str, gone))} not taken any more"


def _limits(old: Json, new: Json, where: str) -> Iterator[str]:
    for name in (*_UPPER, *_LOWER):
        limit, before = new.get(name), old.get(name)
        if limit is None or limit == before:
            continue
        if before is None or (limit < before) == (name in _UPPER):
            yield f"{where}: {name} is {limit}, it was {'free' if before is None else before}"
    if new.get("pattern") not in (None, old.get("pattern")):
        yield f"{where}: the pattern is now {new['pattern']}"
    if new.get("additionalProperties") is False and old.get("additionalProperties") is not False:
        yield f"{where}: unknown fields are refused now"
