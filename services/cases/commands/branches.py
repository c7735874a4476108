"""Which fields of a form the given answers ask for: the form's own, and those of branches taken."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import jsonschema_rs
import orjson

from services.cases.domain.item import Fields, PinnedItem

_EITHER = ("anyOf", "oneOf")


def asked_fields(item: PinnedItem, form: Mapping[str, Any]) -> Fields:
    """The fields that this applicant has before him."""
    return _asked(item.form, form)


def validator(schema: Mapping[str, Any]) -> jsonschema_rs.Draft202012Validator:
    """The compiled schema; schemas are few and never change, so they are compiled once."""
    return _compiled(orjson.dumps(schema))


@lru_cache(maxsize=4096)
def _compiled(schema: bytes) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(orjson.loads(schema), validate_formats=True)


def _asked(schema: Mapping[str, Any], form: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    parts = list(schema.get("allOf") or ())
    parts += [part for name in _EITHER for part in schema.get(name) or ()]
    if "if" in schema:
        taken = "then" if validator(schema["if"]).is_valid(form) else "else"
        parts.append(schema.get(taken, {}))
    fields = {name: field for part in parts for name, field in _asked(part, form).items()}
    return {**fields, **schema.get("properties", {})}
