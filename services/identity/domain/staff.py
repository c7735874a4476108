"""Staff of departments: an office is a department, a region, positions and roles, until when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from services.identity.domain.errors import Invalid
from services.identity.domain.roles import DELIVERED, Roles, opened

PENDING, ACTIVE, DEACTIVATED = "pending", "active", "deactivated"
_MOST_POSITIONS = 10
_LONGEST_POSITION = 60


@dataclass(frozen=True, slots=True)
class Duties:
    """What an office is for: positions as the department calls them, roles as we know them."""

    positions: tuple[str, ...]
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InPlaceOf:
    """Whose office a deputy (代理人) fills, and by which deputation."""

    office: str
    deputation: str


@dataclass(frozen=True, slots=True)
class Staff:
    """An office that a person holds in one department and region, or fills for a colleague."""

    id: str
    person: str
    department: str
    region: str
    positions: tuple[str, ...]
    roles: tuple[str, ...]
    ends_at: datetime | None = None
    in_place_of: InPlaceOf | None = None

    @property
    def choice(self) -> str:
        """By what it is chosen at the login: an office, or a deputation."""
        return self.in_place_of.deputation if self.in_place_of else self.id

    def over(self, now: datetime) -> bool:
        """Whether its last day is past (a contract that ended)."""
        return self.ends_at is not None and self.ends_at <= now

    def scopes(self, roles: Roles = DELIVERED) -> frozenset[str]:
        """The doors that this office opens."""
        return opened(self.roles, roles)


def known_positions(given: Iterable[str]) -> tuple[str, ...]:
    """Positions as the department calls them: short, printable, each once."""
    positions = tuple(dict.fromkeys(" ".join(text.split()) for text in given))
    fits = all(0 < len(one) <= _LONGEST_POSITION and one.isprintable() for one in positions)
    if len(positions) > _MOST_POSITIONS or not fits:
        raise Invalid(
            "positions",
            f"岗位最多 {_MOST_POSITIONS} 个，每个 1–{_LONGEST_POSITION} 字。",
            f"At most {_MOST_POSITIONS} positions of 1 to {_LONGEST_POSITION} characters.",
        )
    return positions


def check_end(ends_at: datetime | None, now: datetime) -> datetime | None:
    """An end that is still to come."""
    if ends_at is not None and ends_at <= now:
        raise Invalid("ends_at", "截止时间应晚于现在。", "It must end later than now.")
    return ends_at
