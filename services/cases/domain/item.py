"""The pinned version of an item: what of it rules a case."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.cases.domain.case import Terms

Fields = Mapping[str, Mapping[str, Any]]

_SEVERAL = ("allOf", "anyOf", "oneOf")
_BRANCHES = ("then", "else")
_PERMIT = "01"
_PERMIT_DAYS = 20  # Art. 42, where the item itself names no statutory term


@dataclass(frozen=True, slots=True)
class PinnedItem:
    """One immutable version of an item, as the catalogue gave it."""

    code: str
    version: int
    text: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The item's name."""
        return str(self.text["name"])

    @property
    def codes(self) -> tuple[str, ...]:
        """Every code by which a delegation may name the item."""
        known = (self.code, self.text.get("base_code"), self.text.get("local_code"))
        return tuple(str(code) for code in known if code)

    @property
    def region(self) -> str:
        """The region that the item is carried out for."""
        return str(self.text["region"])

    @property
    def department(self) -> str:
        """The code of the department that decides."""
        return str(self.text["department"]["code"])

    @property
    def department_name(self) -> str:
        """The department's name."""
        return str(self.text["department"]["name"])

    @property
    def real_name_level(self) -> int:
        """How surely the applicant's identity must be known, 1 to 4."""
        return int(self.text.get("real_name_level") or 1)

    @property
    def separate_decision(self) -> bool:
        """Whether nobody decides who accepted (审受分离)."""
        return bool(self.text.get("separate_decision"))

    @property
    def appliable(self) -> bool:
        """Whether this version can be applied for: it has a guide and a term."""
        return bool(self.text.get("guide")) and self.text.get("promise_days") is not None

    @property
    def terms(self) -> Terms:
        """The working days for the decision; a promise never exceeds the statutory term."""
        statutory = self.text.get("statutory_days")
        if statutory is None and self.text.get("item_type") == _PERMIT:
            statutory = _PERMIT_DAYS
        promised = int(self.text["promise_days"])
        return Terms(promised if statutory is None else min(promised, statutory), statutory)

    @property
    def form(self) -> dict[str, Any]:
        """The JSON Schema of the form; an item without one takes an empty form."""
        return dict(self.text.get("form") or {"type": "object", "additionalProperties": False})

    @property
    def fields(self) -> Fields:
        """Every field of the form by name, those included that only some answers ask for."""
        return _every_field(self.form)

    @property
    def materials(self) -> frozenset[str]:
        """The codes of the materials that the version asks for."""
        return frozenset(str(one["code"]) for one in self.text.get("materials") or ())


def authoritative(fields: Fields) -> dict[str, tuple[str, str]]:
    """The fields that a department's source answers for: resource and field there."""
    prefills = {name: field.get("x-prefill") or {} for name, field in fields.items()}
    return {
        name: (str(prefill["source"]), str(prefill["field"]))
        for name, prefill in prefills.items()
        if prefill.get("trust") == "authoritative"
    }


def _every_field(schema: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    parts = [part for name in _SEVERAL for part in schema.get(name) or ()]
    parts += [schema[name] for name in _BRANCHES if name in schema]
    fields = {name: field for part in parts for name, field in _every_field(part).items()}
    return {**fields, **schema.get("properties", {})}
