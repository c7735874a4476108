"""A login with help at a window (窗口协助登录): for who is there and cannot do it alone."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.commands.attempts import Attempts
from services.identity.commands.begin import Arrival, BeginLogin, LoggedIn
from services.identity.commands.entrance import WrongCredentials
from services.identity.commands.records import Records
from services.identity.commands.secrets import Derived
from services.identity.domain.errors import NotAllowed
from services.identity.domain.ways import WINDOW, proof_of
from services.identity.store import challenges
from services.identity.store.challenges import Challenge
from services.identity.store.people import People, Person
from shared.clock import now
from shared.db import Database

LIFE = timedelta(minutes=10)
_DIGITS = 10
_KIND = "window"

Channel = Literal["slip", "sms"]


@dataclass(frozen=True, slots=True)
class Helped:
    """The code for one login, to be printed or sent."""

    code: str
    expires_at: datetime


class WindowLogins:
    """The clerk never logs in for the person: he gives a code, and the person types it."""

    def __init__(
        self,
        db: Database,
        store: People,
        derived: Derived,
        records: Records,
        attempts: Attempts,
        begin: BeginLogin,
    ) -> None:
        self._db = db
        self._people = store
        self._derived = derived
        self._records = records
        self._attempts = attempts
        self._begin = begin

    async def give(
        self,
        tx: AsyncConnection,
        person: Person,
        *,
        id_number: str,
        channel: Channel,
        staff: str,
        reference: str,
    ) -> Helped:
        """A code for who showed the card of this account; the evidence names clerk and paper."""
        if person.open("id_number") != id_number:
            raise NotAllowed(
                "身份证号与账号不符，请核对证件。",
                "The number of the card is not that of the account: compare the card.",
            )
        code, moment = f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}", now()
        given = Challenge(
            id=self._id(code),
            kind=_KIND,
            person=person.id,
            data={"staff": staff},
            created_at=moment,
            expires_at=moment + LIFE,
        )
        await challenges.put_challenge(tx, given)
        facts = {"channel": channel, "reference": reference}
        await self._records.prove(tx, "help_to_log_in", person.id, staff, facts)
        return Helped(code, given.expires_at)

    async def enter(self, typed: str, arrival: Arrival) -> LoggedIn:
        """The person's login by the code, once; it names the clerk. WrongCredentials or Wait."""
        counters = self._attempts.of_address(arrival.visit.address)
        await self._attempts.admit(counters)
        code = "".join(typed.split())[:_DIGITS]
        async with self._db.write() as tx:
            given = await challenges.find_challenge(tx, self._id(code), now(), lock=True)
            person = await self._people.find(tx, given.person or "") if given else None
            if given is None or person is None or person.status != "active":
                raise WrongCredentials
            await challenges.drop_challenge(tx, given.id)
            await self._attempts.forgive(tx, counters)
            proof = proof_of(WINDOW, helped_by=given.data["staff"])
            return await self._begin(tx, person, proof, arrival)

    def _id(self, code: str) -> str:
        return self._derived.value("window login", code)
