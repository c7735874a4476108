"""The codes of a device that has no keyboard, and of the person at it (RFC 8628)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

LIFETIME = timedelta(minutes=10)
INTERVAL_SECONDS = 5
# Letters that nobody takes for another or for a digit, and that spell no words (section 6.1).
ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
LENGTH = 8
_LONGEST = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRequest:
    """What a device waits for: pending, then denied or approved, and used once."""

    id: str
    client: str
    scopes: frozenset[str]
    audience: tuple[str, ...]
    state: str
    grant: str | None
    interval: int
    polled_at: datetime | None
    expires_at: datetime

    @property
    def challenge(self) -> str:
        """What ties a person's authorization to this request."""
        return self.id[:43]


def shown(code: str) -> str:
    """With a hyphen in the middle, as people read it out."""
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"


def typed(text: str) -> str | None:
    """The code that somebody typed, in whatever case and with whatever between; None: no code."""
    code = "".join(one for one in text[:_LONGEST].upper() if one.isalnum())
    good = len(code) == LENGTH and set(code) <= set(ALPHABET)
    return code if good else None
