"""What was revoked before its tokens have ended."""

from shared import clock
from shared.auth.subject import Subject


class Revocations:
    """Ids with the moment of their revocation: what is issued afterwards is good again.

    So an officer who left the service can still log in as the citizen he remains.
    """

    def __init__(self, keep: float) -> None:
        """`keep`: seconds after which no token from before a revocation can be valid any more."""
        self._keep = keep
        self._revoked_at: dict[str, float] = {}

    def add(self, identifier: str) -> None:
        """Refuse what was issued until now to this id."""
        now = clock.now().timestamp()
        self._revoked_at = {i: at for i, at in self._revoked_at.items() if at + self._keep > now}
        self._revoked_at[identifier] = now

    def hit(self, subject: Subject) -> bool:
        """Whether this token was issued before one of its ids was revoked."""
        if not self._revoked_at:
            return False
        return any(
            subject.issued_at <= self._revoked_at[one]
            for one in subject.identifiers
            if one in self._revoked_at
        )
