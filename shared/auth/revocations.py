"""What was revoked before its tokens have ended."""

import math
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import NamedTuple

from shared import clock
from shared.auth.subject import Subject


class _Revoked(NamedTuple):
    issued_until: float
    forget_at: float


class Revocations:
    """Ids with the moment of their revocation: what is issued afterwards is good again.

    So an officer who left the service can still log in as the citizen he remains. A token tells
    the second of its issue, so what is issued within the second of the revocation is refused too.
    """

    def __init__(self, keep: timedelta) -> None:
        """`keep`: the time after which no token from before a revocation is valid any more."""
        self._keep = keep.total_seconds()
        self._revoked: OrderedDict[str, _Revoked] = OrderedDict()

    def add(self, identifier: str, at: datetime, *, for_good: bool = False) -> None:
        """Refuse what was issued to this id until `at`, or ever when it is never used again."""
        self._forget()
        moment = at.timestamp()
        revoked = _Revoked(math.inf if for_good else moment, moment + self._keep)
        known = self._revoked.get(identifier, revoked)
        self._revoked[identifier] = _Revoked(*map(max, revoked, known))
        self._revoked.move_to_end(identifier)

    def hit(self, subject: Subject) -> bool:
        """Whether this token was issued before one of its ids was revoked."""
        if not self._revoked:
            return False
        return any(
            subject.issued_at <= self._revoked[one].issued_until
            for one in subject.identifiers
            if one in self._revoked
        )

    def _forget(self) -> None:
        # They come nearly in the order of their time: the oldest stand first.
        now = clock.now().timestamp()
        while self._revoked and next(iter(self._revoked.values())).forget_at <= now:
            self._revoked.popitem(last=False)
