"""Why the law does not allow something.

CaseError
├── ActNotAllowed        the act does not fit the status
├── TimeLapsed           the five days are over: the case counts as accepted
├── AlreadyExtended      a decision's time is extended once
├── OutsideTheVersion    a correction asks for what the pinned item version does not
└── NothingToCorrect     a correction notice that asks for nothing
"""

from collections.abc import Sequence


class CaseError(Exception):
    """An act that the rules do not allow."""


class ActNotAllowed(CaseError):
    """The act does not fit the status; `allowed` says which acts do."""

    def __init__(self, act: str, status: str, allowed: Sequence[str]) -> None:
        super().__init__(f"{act} does not fit status {status}")
        self.act, self.status, self.allowed = act, status, tuple(allowed)


class TimeLapsed(CaseError):
    """Nobody answered within five days, so the application counts as accepted (Art. 32)."""


class AlreadyExtended(CaseError):
    """The time for the decision was extended before (Art. 42)."""


class OutsideTheVersion(CaseError):
    """The notice names fields or materials that the pinned version does not have."""

    def __init__(self, unknown: Sequence[str]) -> None:
        super().__init__(f"not in this version of the item: {', '.join(unknown)}")
        self.unknown = tuple(unknown)


class NothingToCorrect(CaseError):
    """The notice names neither a field nor a material."""
