"""The pinned version of an item: what of it rules a case."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.cases.domain.case import Terms

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
    def fields(self) -> Mapping[str, Mapping[str, Any]]:
        """The fields of the form by name, those that a condition adds included."""
        return _fields(self.form)

    @property
    def materials(self) -> frozenset[str]:
        """The codes of the materials that the version asks for."""
        return frozenset(str(one["code"]) for one in self.text.get("materials") or ())

    @property
    def authoritative(self) -> Mapping[str, tuple[str, str]]:
        """The fields that a department's source answers for: resource and field there."""
        sources = {name: field.get("x-prefill") or {} for name, field in self.fields.items()}
        return {
            name: (str(source["source"]), str(source["field"]))
            for name, source in sources.items()
            if source.get("trust") == "authoritative"
        }


def _fields(schema: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    fields: dict[str, Mapping[str, Any]] = dict(schema.get("properties", {}))
    branches = [schema.get("then"), schema.get("else"), *schema.get("allOf", [])]
    for branch in branches:
        if isinstance(branch, Mapping):
            fields = {**_fields(branch), **fields}
    return fields
