"""When signing keys follow each other: published ahead, then signing, then only verifying."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

State = Literal["next", "active", "retired"]

# Tokens live for minutes; what verifies them keeps up with the clock of who signed them.
PUBLISHED_AFTER_USE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class KeyState:
    """A signing key, and since when it has been what it is."""

    kid: str
    state: State
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySchedule:
    """How long a key signs, and how long its successor is published before."""

    signs: timedelta
    ahead: timedelta

    def is_due(self, keys: Collection[KeyState], now: datetime) -> bool:
        """Whether the next key takes over: time is up, and everybody had time to fetch it."""
        active = next((key for key in keys if key.state == "active"), None)
        following = next((key for key in keys if key.state == "next"), None)
        if active is None or following is None:
            return False
        return now - active.since >= self.signs and now - following.since >= self.ahead


def has_retired(keys: Collection[KeyState], now: datetime) -> bool:
    """Whether a key is published for nothing: all that it signed has ended."""
    return any(key.state == "retired" and now - key.since >= PUBLISHED_AFTER_USE for key in keys)
