"""A data resource (数据资源): what one department knows, and how it is asked."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from services.exchange.domain.asking import PartyType
from services.exchange.domain.fields import Field


class Sharing(StrEnum):
    """The sharing attribute (共享属性)."""

    UNCONDITIONAL = "unconditional"
    CONDITIONAL = "conditional"
    NONE = "none"  # 不予共享: only on the legal ground that the resource states


@dataclass(frozen=True, slots=True)
class Connector:
    """How the owner's system is reached; `credential` names the key, and is not the key."""

    kind: str
    url: str
    path: str
    timeout: float
    credential: str | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource in its present version."""

    code: str
    version: int
    owner: str
    name: str
    key: PartyType
    fields: tuple[Field, ...]
    sharing: Sharing
    update_cycle: str
    legal_basis: str
    connector: Connector

    def chosen(self, names: Collection[str]) -> tuple[Field, ...]:
        """The fields of these names, in the resource's order."""
        return tuple(field for field in self.fields if field.name in names)

    def unknown(self, names: Collection[str]) -> list[str]:
        """The names that are no field of it."""
        known = {field.name for field in self.fields}
        return [name for name in names if name not in known]
