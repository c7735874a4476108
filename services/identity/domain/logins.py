"""A person's login in one browser."""

from dataclasses import dataclass
from datetime import datetime, timedelta

LIFETIME = timedelta(hours=8)
HELPED_LIFETIME = timedelta(minutes=30)
SEEN_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Visit:
    """Where a login comes from: address, what the browser calls itself, and its device's mark."""

    address: str
    agent: str = ""
    device: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """When and how somebody proved who he is.

    `amr` says by what (RFC 8176), `assurance` how far that carries; `level` is what the login may
    claim: the real-name level of the account, but never above its assurance. `helped_by` is the
    member of staff at whose window a person logged in who could not do it alone. `device` and
    `address` say where, the address covered in part.
    """

    id: str
    person: str
    amr: tuple[str, ...]
    assurance: int
    level: int
    auth_time: datetime
    expires_at: datetime
    helped_by: str | None = None
    device: str = ""
    address: str = ""
    last_seen_at: datetime | None = None
    ended: bool = False

    def stale_at(self, now: datetime) -> bool:
        """Whether it is time to write down that it is still in use: not at each step."""
        return self.last_seen_at is None or now - self.last_seen_at > SEEN_EVERY

    def open_at(self, now: datetime) -> bool:
        """Whether it is still good."""
        return not self.ended and now < self.expires_at

    @property
    def acr(self) -> str:
        """The authentication context class, as tokens name it."""
        return f"urn:tongban:acr:l{self.level}"
