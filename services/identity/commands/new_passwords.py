"""Taking a new password: the rules, and the lists of those that everybody tries."""

import asyncio
import hashlib
from functools import cache
from pathlib import Path

from services.identity.domain.passwords import SHORTEST, check_password, looked_up, too_well_known

_HEX = 40


class NewPasswords:
    """`breached`: an operator's file of SHA-1 hashes of leaked passwords, looked up on the spot.

    No password and no part of its hash ever leaves the installation.
    """

    def __init__(self, breached: Path | None) -> None:
        self._breached = breached

    async def check(self, password: str, *about: str, shortest: int = SHORTEST) -> str:
        """The password in its normal form, or Invalid says why it is not taken."""
        text = check_password(password, *about, shortest=shortest)
        if any(one in _common() for one in looked_up(text)):
            raise too_well_known()
        if self._breached is not None and await asyncio.to_thread(_listed, self._breached, text):
            raise too_well_known()
        return text


@cache
def _common() -> frozenset[str]:
    """The 30,000 passwords that leaked most often."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415 - large, and seldom needed

    return frozenset(FREQUENCY_LISTS["passwords"])


def _listed(file: Path, password: str) -> bool:
    """Whether the hash stands in a sorted file of lines HASH or HASH:COUNT, by bisection."""
    wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    with file.open("rb") as lines:
        low, high = 0, lines.seek(0, 2)
        while low < high:
            middle = (low + high) // 2
            lines.seek(middle)
            if middle:
                lines.readline()  # the rest of a line whose beginning is before the middle
            found = lines.readline()[:_HEX].upper()
            if found == wanted:
                return True
            if found and found < wanted:
                low = middle + 1
            else:
                high = middle
        lines.seek(low)
        return lines.readline()[:_HEX].upper() == wanted
