"""The fields of a form as a page shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from services.portal.domain.provenance import Origin
from services.portal.pages.forms.schema import Schema, active, deciding
from services.portal.pages.words import field_id
from shared.i18n import Language

_FEW = 4  # so many choices are shown at once


class Kind(StrEnum):
    """How a field is asked."""

    TEXT = "text"
    LINES = "lines"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"
    RADIOS = "radios"
    TICK = "tick"
    TICKS = "ticks"
    GROUP = "group"
    ROWS = "rows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One question, or a group or list of them."""

    name: str
    kind: Kind
    title: str
    hint: str = ""
    required: bool = False
    value: Any = None
    options: Sequence[Any] = ()
    error: str = ""
    origin: Origin | None = None
    autocomplete: str = ""
    decides: bool = False
    longest: int | None = None
    inside: Sequence["Field"] = ()
    rows: Sequence[Sequence["Field"]] = ()

    @property
    def id(self) -> str:
        """The id of its control."""
        return field_id(self.name)

    @property
    def fixed(self) -> bool:
        """Whether it is shown, not asked."""
        return self.origin is not None and self.origin.fixed

    @property
    def described_by(self) -> str:
        """The ids of what explains it: hint, error and source."""
        parts = {"h": self.hint, "e": self.error, "s": self.origin}
        return " ".join(f"{self.id}-{part}" for part, there in parts.items() if there)

    @property
    def text(self) -> str:
        """Its value as the control holds it."""
        return "" if self.value is None else str(self.value)

    def answered(self) -> bool:
        """Whether there is anything to show of it."""
        if self.kind is Kind.GROUP:
            return any(one.answered() for one in self.inside)
        return self.value not in (None, "", [], {})


@dataclass(frozen=True, slots=True)
class Look:
    """What a form is laid out with, beside its schema and the answers."""

    language: Language = "zh"
    errors: Mapping[str, str] = field(default_factory=dict)
    origins: Mapping[str, Origin] = field(default_factory=dict)


def lay_out(
    schema: Schema, data: Mapping[str, Any], look: Look | None = None, path: str = ""
) -> list[Field]:
    """The fields that are asked now, in the order of the schema."""
    look = look or Look()
    shown = active(schema, data)
    decides = deciding(schema)
    return [
        _field(
            f"{path}.{name}" if path else name,
            part,
            data.get(name),
            look,
            required=name in shown["required"],
            decides=name in decides,
        )
        for name, part in shown["properties"].items()
    ]


def _field(
    name: str, part: Schema, value: Any, look: Look, *, required: bool, decides: bool
) -> Field:
    kind = kind_of(part)
    row = part.get("items", {})
    common = {
        "name": name,
        "kind": kind,
        "title": title_of(part, name, look.language),
        "hint": part.get("x-description-en" if look.language == "en" else "description")
        or part.get("description", ""),
        "required": required,
        "value": value,
        "error": look.errors.get(name, ""),
        "origin": look.origins.get(name),
    }
    if kind is Kind.GROUP:
        given = value if isinstance(value, dict) else {}
        return Field(**common, inside=lay_out(part, given, look, name))
    if kind is Kind.ROWS:
        return Field(**common, rows=_rows(row, value, look, name))
    return Field(
        **common,
        options=row.get("enum", ()) if kind is Kind.TICKS else part.get("enum", ()),
        autocomplete=part.get("x-autocomplete", ""),
        decides=decides,
        longest=part.get("maxLength"),
    )


def _rows(row: Schema, value: Any, look: Look, name: str) -> list[list[Field]]:
    given = value if isinstance(value, list) and value else [{}]
    if row.get("type") == "object":
        return [
            lay_out(row, one if isinstance(one, dict) else {}, look, f"{name}[{n}]")
            for n, one in enumerate(given)
        ]
    return [
        [_field(f"{name}[{n}]", row, one or None, look, required=False, decides=False)]
        for n, one in enumerate(given)
    ]


def kind_of(part: Schema) -> Kind:
    """How a part of a schema is asked."""
    kind = part.get("type")
    if kind == "object":
        return Kind.GROUP
    if kind == "array":
        return Kind.TICKS if part.get("items", {}).get("enum") else Kind.ROWS
    if kind == "boolean":
        return Kind.TICK
    if part.get("enum"):
        return Kind.RADIOS if len(part["enum"]) <= _FEW else Kind.CHOICE
    return _typed(part)


def _typed(part: Schema) -> Kind:
    if part.get("type") in ("integer", "number"):
        return Kind.NUMBER
    if part.get("x-widget") == "textarea":
        return Kind.LINES
    return Kind.DATE if part.get("format") == "date" else Kind.TEXT


def title_of(part: Schema, name: str, language: Language) -> str:
    """The question in one of the languages; a part without a title is called by its name."""
    english = part.get("x-title-en") if language == "en" else None
    return str(english or part.get("title") or name.rpartition(".")[2])
