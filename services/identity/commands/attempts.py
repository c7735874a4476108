"""Counting what may be tried only so often: each attempt counts before its outcome is known."""

import math
from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.domain.throttle import (
    ACCOUNT,
    ADDRESS,
    CODES_FROM_ONE,
    CODES_TO_ONE,
    PROOFS,
    SECOND,
    SIGN_UPS,
    Allowance,
    Failures,
)
from services.identity.store import throttles
from services.identity.store.people import People
from shared.clock import now
from shared.db import Database

Counters = Mapping[str, Allowance]


class Wait(Exception):
    """Too many attempts; says for how long to wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds


class Attempts:
    """Counters under keyed hashes, shared by every process."""

    def __init__(self, db: Database, people: People) -> None:
        self._db = db
        self._people = people

    def of_login(self, account: str, address: str, device: str | None = None) -> Counters:
        """A guesser is slowed per account and per address.

        `device`: a browser in which the owner has logged in before counts for itself alone, so
        that nobody elsewhere can slow it.
        """
        if device is not None:
            return {f"device:{self._people.fingerprint(f'{account} {device}')}": ACCOUNT}
        return {
            f"account:{self._people.fingerprint(account)}": ACCOUNT,
            f"address:{self._people.fingerprint(address)}": ADDRESS,
        }

    def of_address(self, address: str) -> Counters:
        """Where no account is named, the address alone counts."""
        return {f"address:{self._people.fingerprint(address)}": ADDRESS}

    def of_second(self, person: str) -> Counters:
        """Second proofs of one account."""
        return {f"second:{self._people.fingerprint(person)}": SECOND}

    def of_confirming(self, person: str) -> Counters:
        """The present password, asked for once more."""
        return {f"confirm:{self._people.fingerprint(person)}": ACCOUNT}

    def of_code(self, to: str, address: str) -> Counters:
        """Codes that are sent to one number or mailbox, and those asked for from one address."""
        return {
            f"code:{self._people.fingerprint(to)}": CODES_TO_ONE,
            f"asked:{self._people.fingerprint(address)}": CODES_FROM_ONE,
        }

    def of_sign_up(self, address: str) -> Counters:
        """Accounts are opened only so often from one address."""
        return {f"signup:{self._people.fingerprint(address)}": SIGN_UPS}

    def of_proofs(self, person: str) -> Counters:
        """A person asks a register, or for a code, only so often: facts are not to be guessed."""
        return {f"proof:{self._people.fingerprint(person)}": PROOFS}

    async def admit(self, counters: Counters) -> None:
        """Count one attempt, or Wait: so guesses in parallel count as well."""
        async with self._db.write() as tx:
            counted: dict[str, Failures] = {}
            for id_, allowance in counters.items():
                known = await throttles.held(tx, id_, now())
                moment = now()  # others may have counted while this one waited for its turn
                if (until := known.blocked_until(allowance, moment)) is not None:
                    raise Wait(math.ceil((until - moment).total_seconds()))
                counted[id_] = Failures(known.standing(moment) + 1, moment)
            for id_, failures in counted.items():
                await throttles.remember(tx, id_, failures)

    async def forgive(self, tx: AsyncConnection, counters: Counters) -> None:
        """A success clears the account; of the address it takes back this one attempt only."""
        for id_, allowance in counters.items():
            if allowance in (ACCOUNT, SECOND):
                await throttles.forgive(tx, id_)
            else:
                known = await throttles.held(tx, id_, now())
                fewer = Failures(max(known.count - 1, 0), known.last_at)
                await throttles.remember(tx, id_, fewer)
