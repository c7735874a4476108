"""How far a login carries (`acr`), and what would carry it further.

Each way to a higher level registers itself when the provider is put together, with the page of ours
that leads along it. The page ends at `back`; what it raised is the level of the login.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.domain.logins import Login

HIGHEST = 4
_PREFIX = "urn:tongban:acr:l"

Open = Callable[[AsyncConnection, Login], Awaitable[bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rise:
    """One way to a higher level.

    `page` is its address below the issuer, None where it does not lead along a page; `open_to`
    says whether this person can go it now.
    """

    name: str
    level: int
    zh: str
    en: str
    page: str | None
    open_to: Open


class Levels:
    """The ways to each level, in the order in which they registered."""

    def __init__(self) -> None:
        self._rises: list[Rise] = []

    def register(self, rise: Rise) -> None:
        """Offer a way."""
        self._rises.append(rise)

    async def rises(self, connection: AsyncConnection, login: Login, wanted: int) -> list[Rise]:
        """The ways by which this person may reach the level."""
        return [
            rise
            for rise in self._rises
            if rise.level >= wanted and await rise.open_to(connection, login)
        ]


def level_of(acr: str) -> int | None:
    """The level that an `acr` value of ours names."""
    number = acr.removeprefix(_PREFIX)
    if acr == number or number not in ("1", "2", "3", "4"):
        return None
    return int(number)


def lowest(acrs: tuple[str, ...]) -> int | None:
    """The lowest level that is enough for one of these values; None: no login reaches any."""
    return min((level for acr in acrs if (level := level_of(acr)) is not None), default=None)


def acr_for(login: Login, essential: tuple[str, ...]) -> str:
    """What the ID token says: of the values that were essential the highest that is reached."""
    reached = [acr for acr in essential if (level_of(acr) or HIGHEST + 1) <= login.level]
    return max(reached, default=login.acr)
