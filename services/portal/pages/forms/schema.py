"""Reading a schema: which questions are asked now, given what was answered."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import orjson
from jsonschema import Draft202012Validator

Schema = Mapping[str, Any]
_DEEPEST = 8


def active(schema: Schema, data: Mapping[str, Any]) -> dict[str, Any]:
    """The object schema with the branches merged in that are open for these answers."""
    merged = {
        **schema,
        "properties": dict(schema.get("properties", {})),
        "required": list(schema.get("required", [])),
    }
    for branch in open_branches(schema, data):
        for name, field in branch.get("properties", {}).items():
            merged["properties"][name] = {**merged["properties"].get(name, {}), **field}
        merged["required"] += [n for n in branch.get("required", []) if n not in merged["required"]]
    return merged


def open_branches(schema: Schema, data: Mapping[str, Any], depth: int = 0) -> Iterator[Schema]:
    """The `then`, `else` and `allOf` parts that hold, those inside them too."""
    if depth > _DEEPEST:
        return
    if "if" in schema:
        taken = schema.get("then" if fits(schema["if"], data) else "else")
        if isinstance(taken, dict):
            yield taken
            yield from open_branches(taken, data, depth + 1)
    for part in schema.get("allOf", ()):
        yield part
        yield from open_branches(part, data, depth + 1)


def deciding(schema: Schema) -> frozenset[str]:
    """The fields whose answer opens or closes a branch."""
    names: set[str] = set(schema.get("if", {}).get("properties", {}))
    for part in (schema.get("then"), schema.get("else"), *schema.get("allOf", ())):
        if isinstance(part, dict):
            names |= deciding(part)
    return frozenset(names)


def fits(schema: Schema, data: object) -> bool:
    """Whether the answers fit a condition."""
    return bool(_validator(orjson.dumps(schema)).is_valid(data))


@lru_cache(maxsize=2048)
def _validator(schema: bytes) -> Draft202012Validator:
    return Draft202012Validator(orjson.loads(schema))
