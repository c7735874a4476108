"""A form against the item's schema: fast on the path, and in words for people when it fails."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import jsonschema
import jsonschema_rs

from services.cases.commands.branches import asked_fields, validator
from services.cases.domain.item import PinnedItem
from shared.web.problems import InvalidFields

Form = Mapping[str, Any]
_MOST_ERRORS = 100
# A draft may be unfinished; it may not be of the wrong kind or without bounds.
_HOLDS_FOR_DRAFTS = frozenset(
    {"type", "additionalProperties", "maxLength", "maxItems", "maxProperties"}
)
_SAYS = {
    "required": ("请填写{title}。", "{title} is missing."),
    "type": ("{title}的类型不对。", "{title} is of the wrong type."),
    "enum": ("{title}不在可选范围内。", "{title} is not one of the choices."),
    "pattern": ("{title}的格式不对。", "{title} is not written as it should be."),
    "format": ("{title}的格式不对。", "{title} is not written as it should be."),
    "maxLength": ("{title}最多 {limit} 个字。", "{title} has {limit} characters at most."),
    "minLength": ("{title}至少 {limit} 个字。", "{title} has {limit} characters at least."),
    "maximum": ("{title}不能大于 {limit}。", "{title} is {limit} at most."),
    "minimum": ("{title}不能小于 {limit}。", "{title} is {limit} at least."),
    "additionalProperties": ("表单里没有这一项。", "The form has no such field."),
}
_COVERED = (
    "{title}是遮盖后的值，而数据来源现在没有给出完整内容；请填写完整，或清空后再提交。",
    "{title} is masked, and its source does not give the whole value now; type it in full or "
    "leave it empty.",
)
_UNKNOWN = frozenset({"additionalProperties", "unevaluatedProperties"})
_WRONG = ("{title}不符合要求。", "{title} breaks a rule of the form.")


def check_form(
    item: PinnedItem,
    form: Form,
    *,
    draft: bool = False,
    exempt: Collection[str] = (),
    language: str = "zh",
) -> None:
    """Raise InvalidFields unless the form fits; `exempt` fields are still to be filled by us."""
    unknown = _unknown(item, form, draft=draft)
    if not unknown and validator(item.form).is_valid(form):
        return
    errors = [
        _error(_escaped(name), {}, "additionalProperties", None, language) for name in unknown
    ]
    errors += [
        _told(error, missing, item, language)
        for error, missing in _leaves(_slow(item).iter_errors(form))
        if not (draft and error.validator not in _HOLDS_FOR_DRAFTS)
        and _path(error, missing)[0] not in exempt
        and not (error.validator in _UNKNOWN and not error.absolute_path)  # `unknown` names them
    ]
    if not errors and not draft and not exempt:  # the two checkers differ on a format, say
        errors = [_bare(error) for error in validator(item.form).iter_errors(form)]
    if errors:
        raise InvalidFields(errors[:_MOST_ERRORS])


def check_covered(item: PinnedItem, covered: Collection[str], language: str = "zh") -> None:
    """Raise InvalidFields for values with their middle covered that no source makes whole."""
    english = language == "en"
    errors = []
    for name in sorted(covered):
        words = _COVERED[english].format(title=_title(item.fields[name], name, english=english))
        pointer = f"/form/{_escaped(name)}"
        errors.append({"pointer": pointer, "in": "body", "detail": words, "code": "masked"})
    if errors:
        raise InvalidFields(errors)


def _unknown(item: PinnedItem, form: Form, *, draft: bool) -> list[str]:
    """Fields that the form does not have, or, when it is sent, that these answers do not ask for.

    A draft keeps what was typed before another answer was chosen.
    """
    closed = not draft and item.form.get("unevaluatedProperties") is False
    fields = asked_fields(item, form) if closed else item.fields
    return [name for name in form if name not in fields]


def _bare(error: jsonschema_rs.ValidationError) -> dict[str, Any]:
    path = "".join(f"/{_escaped(part)}" for part in error.instance_path)
    return {"pointer": f"/form{path}", "in": "body", "detail": error.message, "code": "invalid"}


def _slow(item: PinnedItem) -> jsonschema.Draft202012Validator:
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    return jsonschema.Draft202012Validator(item.form, format_checker=checker)


def _leaves(
    errors: Iterator[jsonschema.ValidationError],
) -> Iterator[tuple[jsonschema.ValidationError, str | None]]:
    """Each error once; of `required`, each missing field by its name."""
    seen: set[tuple[object, ...]] = set()
    for error in sorted(errors, key=lambda one: [str(part) for part in one.absolute_path]):
        missing = _missing(error) if error.validator == "required" else [None]
        for name in missing:
            key = (*error.absolute_path, name, error.validator)
            if key not in seen:
                seen.add(key)
                yield error, name


def _missing(error: jsonschema.ValidationError) -> list[str | None]:
    required: Any = error.validator_value
    present: Any = error.instance
    return [name for name in required if name not in present]


def _path(error: jsonschema.ValidationError, missing: str | None) -> tuple[object, ...]:
    """Where in the form; an error of the form itself is nowhere."""
    return (*error.absolute_path, *([missing] if missing else [])) or ("",)


def _told(
    error: jsonschema.ValidationError, missing: str | None, item: PinnedItem, language: str
) -> dict[str, Any]:
    path = _path(error, missing)
    field = error.schema if isinstance(error.schema, dict) else {}
    if missing:
        field = field.get("properties", {}).get(missing, {})
    if len(path) == 1:  # a condition names the field only; its title stands with the field
        field = {**item.fields.get(str(path[0]), {}), **field}
    pointer = "/".join(map(_escaped, path))
    return _error(pointer, field, str(error.validator), error.validator_value, language)


def _error(
    path: str, field: Mapping[str, Any], rule: str, limit: object, language: str
) -> dict[str, Any]:
    english = language == "en"
    own = field.get("x-error-en") if english else field.get("x-error")
    title = _title(field, path, english=english)
    words = _SAYS.get(rule, _WRONG)[english]
    detail = own if own and rule != "required" else words.format(title=title, limit=limit)
    return {"pointer": f"/form/{path}", "in": "body", "detail": detail, "code": rule}


def _title(field: Mapping[str, Any], name: str, *, english: bool) -> str:
    return str((field.get("x-title-en") if english else None) or field.get("title") or name)


def _escaped(part: object) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")
