"""The answer of a rule."""

import re
from dataclasses import dataclass

_CODE = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Decision:
    """Allowed on a basis, or denied for a reason."""

    allowed: bool
    reason: str = ""
    basis: str = ""


class Denied(Exception):
    """The act is not allowed; `reason` is a code that does not say what the record holds."""

    def __init__(self, service: str, act: str, reason: str) -> None:
        super().__init__(f"{service}: {act} is denied: {reason}")
        self.service = service
        self.act = act
        self.reason = reason


def allow(basis: str) -> Decision:
    """Yes, and on what it rests: a relation, an office, a permit, an article of law."""
    if not basis.strip():
        raise ValueError("an act is allowed on a basis: name it")
    return Decision(allowed=True, basis=basis)


def deny(reason: str) -> Decision:
    """No; `reason` is a code such as other_department."""
    if not _CODE.fullmatch(reason):
        raise ValueError(f"a reason is a code such as other_department, not {reason!r}")
    return Decision(allowed=False, reason=reason)
