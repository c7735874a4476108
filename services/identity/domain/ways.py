"""Ways to log in: what each proves (RFC 8176) and how far it carries."""

from dataclasses import dataclass
from datetime import datetime

from services.identity.domain.logins import Login

HIGHEST = 4


@dataclass(frozen=True, slots=True)
class Way:
    """One way to prove who one is.

    `assurance` is the highest real-name level that a login by it may claim; `first` ways begin a
    login, the others are asked for after one of them.
    """

    name: str
    amr: tuple[str, ...]
    assurance: int
    first: bool = True


PASSWORD = Way("password", ("pwd",), 3)
# A number can be taken over, a mailbox more easily: an e-mail never carries far.
SMS = Way("sms", ("otp", "sms"), 3)
EMAIL = Way("email", ("otp",), 2)
# With user verification: the device, and the face, finger or PIN that unlocks it.
PASSKEY = Way("passkey", ("hwk", "mfa", "user"), HIGHEST)
SYNCED_PASSKEY = Way("passkey", ("mfa", "swk", "user"), HIGHEST)
# RFC 8176 has no value for a clerk who compares a card with a face.
WINDOW = Way("window", ("otp", "urn:tongban:amr:window"), 3)
TOTP = Way("totp", ("otp",), HIGHEST, first=False)
RECOVERY = Way("recovery", ("otp",), 3, first=False)

WAYS = (PASSWORD, SMS, EMAIL, PASSKEY, WINDOW, TOTP, RECOVERY)


def way_named(name: str) -> Way:
    """The way of this name."""
    return next(way for way in WAYS if way.name == name)


@dataclass(frozen=True, slots=True)
class Proof:
    """What somebody has proved in one login; `at` when that was, if it was at an `upstream`."""

    amr: tuple[str, ...]
    assurance: int
    helped_by: str | None = None
    at: datetime | None = None
    upstream: str | None = None

    def level_of(self, level: int) -> int:
        """What a login may claim for an account of this real-name level."""
        return min(level, self.assurance)


def proof_of(first: Way, second: Way | None = None, *, helped_by: str | None = None) -> Proof:
    """By one way alone, or by two: then `mfa`, and as far as the stronger carries."""
    if second is None:
        return Proof(tuple(sorted(first.amr)), first.assurance, helped_by)
    amr = {*first.amr, *second.amr, "mfa"}
    return Proof(tuple(sorted(amr)), max(first.assurance, second.assurance), helped_by)


def carried_over(login: Login) -> Proof:
    """A login on another device that this one let in: over a second channel, and never above."""
    return Proof(tuple(sorted({*login.amr, "mca"})), login.level, login.helped_by)


def raising(login: Login, wanted: int, level: int) -> tuple[Way, ...]:
    """The ways that would lift a login to this level; none when the account itself is too low."""
    if login.level >= wanted or level < wanted:
        return ()
    return tuple(way for way in WAYS if way.assurance >= wanted)
