"""How long a guesser waits: growing delays, never a lock-out and never a riddle to solve."""

from dataclasses import dataclass
from datetime import datetime, timedelta

FORGOTTEN_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Allowance:
    """`free` attempts cost nothing; each further one doubles the `first` wait up to `longest`."""

    free: int
    longest: timedelta
    first: timedelta = timedelta(seconds=1)

    def wait_after(self, failures: int) -> timedelta:
        """The wait that the last of so many failures causes."""
        beyond = failures - self.free
        if beyond <= 0:
            return timedelta(0)
        doubled: int = 2 ** min(beyond - 1, 20)
        return min(self.first * doubled, self.longest)


# The owner of an account under attack waits half a minute at most; a hall's many visitors share
# one address, so it has more failures free, and then waits longer.
ACCOUNT = Allowance(free=5, longest=timedelta(seconds=30))
ADDRESS = Allowance(free=50, longest=timedelta(minutes=15))
PROOFS = Allowance(free=10, longest=timedelta(minutes=15))
SIGN_UPS = Allowance(free=20, longest=timedelta(minutes=15))
# Who is asked for a second proof knows the password: a guesser of six digits waits longer.
SECOND = Allowance(free=5, longest=timedelta(minutes=15))
# Codes cost money and disturb whoever gets them: one a minute, then ever fewer.
CODES_TO_ONE = Allowance(free=0, longest=timedelta(hours=1), first=timedelta(minutes=1))
CODES_FROM_ONE = Allowance(free=20, longest=timedelta(minutes=30), first=timedelta(seconds=10))


@dataclass(frozen=True, slots=True)
class Failures:
    """What is remembered of one account or address."""

    count: int
    last_at: datetime

    def standing(self, now: datetime) -> int:
        """How many still count."""
        return 0 if now - self.last_at > FORGOTTEN_AFTER else self.count

    def blocked_until(self, allowance: Allowance, now: datetime) -> datetime | None:
        """The end of the wait, or None when there is none any more."""
        wait = allowance.wait_after(self.standing(now))
        until = self.last_at + wait
        # Another process may have a faster clock: what costs nothing is never waited for.
        return until if wait and until > now else None
