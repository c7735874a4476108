"""A person's login in one browser."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

LIFETIME = timedelta(hours=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """When and how somebody proved who he is; `level` is the real-name level of his account."""

    id: str
    person: str
    method: Literal["pwd"]
    level: int
    auth_time: datetime
    expires_at: datetime
    ended: bool = False

    def open_at(self, now: datetime) -> bool:
        """Whether it is still good."""
        return not self.ended and now < self.expires_at

    @property
    def acr(self) -> str:
        """The authentication context class, as tokens name it."""
        return f"urn:tongban:acr:l{self.level}"
