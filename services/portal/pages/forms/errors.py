"""What is wrong with the answers, field by field, in words that say what to do."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from services.portal.pages.forms.fields import title_of
from services.portal.pages.forms.schema import Schema, active
from services.portal.pages.words import N_
from shared.i18n import Translator

# Rules whose failure is told by the fields inside them, or that reading the form has met already:
# what it does not ask was dropped.
_AROUND = frozenset(
    {"if", "then", "else", "allOf", "properties", "items", "additionalProperties",
     "unevaluatedProperties"}
)  # fmt: skip


_FILL = N_("请填写{title}")
_CHOOSE = N_("请选择{title}")
_TICK = N_("请勾选“{title}”")
_ANY = N_("{title}不符合要求，请检查")
_RULES = {
    "minLength": N_("{title}至少要写 {limit} 个字"),
    "maxLength": N_("{title}最多写 {limit} 个字"),
    "minimum": N_("{title}不能小于 {limit}"),
    "maximum": N_("{title}不能大于 {limit}"),
    "exclusiveMinimum": N_("{title}要大于 {limit}"),
    "minItems": N_("{title}至少要有 {limit} 条"),
    "maxItems": N_("{title}最多 {limit} 条"),
    "uniqueItems": N_("{title}有重复"),
    "type": N_("{title}要填数字"),
    "enum": N_("请从列出的选项里选择{title}"),
    "const": _TICK,
    "format": N_("{title}的格式不对，请照提示填写"),
}


def find_errors(
    schema: Schema, data: Mapping[str, Any], _: Translator, fixed: Collection[str] = ()
) -> dict[str, str]:
    """A message for each field that needs mending, in the order of the page.

    `fixed`: fields whose value is taken over as it stands, and is not the person's to mend.
    """
    found: dict[str, str] = {}
    for error in _all(schema, data):
        for path, part, rule in _places(schema, data, error):
            if path.partition(".")[0].partition("[")[0] not in fixed:
                found.setdefault(path, _say(part, path, rule, error.validator_value, _))
    order = {name: place for place, name in enumerate(active(schema, data)["properties"])}
    return dict(sorted(found.items(), key=lambda one: (order.get(_top(one[0]), 99), one[0])))


def _all(schema: Schema, data: Mapping[str, Any]) -> Iterable[ValidationError]:
    checker = Draft202012Validator.FORMAT_CHECKER
    validator = Draft202012Validator(schema, format_checker=checker)
    return sorted(
        (error for error in validator.iter_errors(data) if error.validator not in _AROUND),
        key=lambda error: [str(step) for step in error.absolute_path],
    )


def _places(
    schema: Schema, data: Mapping[str, Any], error: ValidationError
) -> Iterable[tuple[str, Schema, str]]:
    path = list(error.absolute_path)
    rule = str(error.validator)
    if rule != "required":
        return [(_written(path), _part(schema, data, path), rule)]
    given: Any = error.instance
    asked: Any = error.validator_value
    missing = [name for name in asked if name not in given]
    return [(_written([*path, name]), _part(schema, data, [*path, name]), rule) for name in missing]


def _part(schema: Schema, data: Any, path: list[str | int]) -> Schema:
    """The part of the schema that asks for a path."""
    for step in path:
        if isinstance(step, int):
            schema = schema.get("items", {})
            data = data[step] if isinstance(data, list) and step < len(data) else None
        else:
            given = data if isinstance(data, dict) else {}
            schema = active(schema, given)["properties"].get(step, {})
            data = given.get(step)
    return schema


def _say(part: Schema, path: str, rule: str, limit: object, _: Translator) -> str:
    title = title_of(part, path, _.language)
    own = part.get("x-error-en" if _.language == "en" else "x-error")
    if rule == "required":
        return _(_missing(part), title=title)
    return str(own) if own else _(_RULES.get(rule, _ANY), title=title, limit=limit)


def _missing(part: Schema) -> str:
    if part.get("enum") or part.get("items", {}).get("enum"):
        return _CHOOSE
    return _TICK if part.get("type") == "boolean" else _FILL


def _written(path: Iterable[str | int]) -> str:
    steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in path]
    return "".join(steps).removeprefix(".")


def _top(path: str) -> str:
    return path.partition(".")[0].partition("[")[0]
