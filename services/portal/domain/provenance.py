"""Where a value of a form comes from."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Trust(StrEnum):
    """How far a value is taken over."""

    AUTHORITATIVE = "authoritative"  # stands as it is; to be corrected at its source
    SUGGESTED = "suggested"  # may be changed
    SELF_DECLARED = "self_declared"  # the source gave nothing, so the person types it


@dataclass(frozen=True, slots=True)
class Origin:
    """The source of one value, as it is told to the person whose value it is."""

    trust: Trust
    resource: str
    owner: str = ""
    as_of: str = ""
    basis: str = ""
    call: str = ""
    reason: str = ""

    @property
    def fixed(self) -> bool:
        """Whether the field is shown and not asked."""
        return self.trust is Trust.AUTHORITATIVE

    def written(self) -> dict[str, Any]:
        """The origin as it is kept."""
        return asdict(self)

    @classmethod
    def read(cls, kept: dict[str, Any]) -> "Origin":
        """An origin that was kept."""
        return cls(**{**kept, "trust": Trust(kept["trust"])})
