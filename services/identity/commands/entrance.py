"""From the first proof to the login: whether a second one is asked for, and asking it."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.commands.attempts import Attempts
from services.identity.commands.begin import Arrival, BeginLogin, LoggedIn
from services.identity.commands.second_factors import SecondFactors
from services.identity.commands.secrets import Derived
from services.identity.domain.ways import Way, proof_of, way_named
from services.identity.store import challenges, second_factors
from services.identity.store.challenges import Challenge
from services.identity.store.people import People
from shared.clock import now
from shared.db import Database

_LIFE = timedelta(minutes=10)
_MOST_TRIES = 5


class WrongCredentials(Exception):
    """What was given to prove who somebody is proves nothing; what is wrong is not said."""


class Expired(Exception):
    """What was asked has been answered, was tried too often, or is too old: begin again."""


@dataclass(frozen=True, slots=True)
class SecondAsked:
    """The first proof was good; the account asks for a second one."""


Entered = LoggedIn | SecondAsked


class Entrance:
    """Every way to log in ends here."""

    def __init__(
        self,
        db: Database,
        store: People,
        factors: SecondFactors,
        attempts: Attempts,
        begin: BeginLogin,
        derived: Derived,
    ) -> None:
        self._db = db
        self._people = store
        self._factors = factors
        self._attempts = attempts
        self._begin = begin
        self._derived = derived

    async def first(self, tx: AsyncConnection, person: str, way: Way, arrival: Arrival) -> Entered:
        """The login, or the question for a second proof where the person has set one up."""
        found = await self._people.find(tx, person)
        if found is None or found.status != "active":
            raise WrongCredentials
        if "mfa" in way.amr or not await second_factors.has_code_app(tx, person):
            return await self._begin(tx, found, proof_of(way), arrival)
        moment = now()
        asked = Challenge(
            id=self._id(arrival),
            kind="second",
            person=person,
            data={"first": way.name},
            created_at=moment,
            expires_at=moment + _LIFE,
        )
        await challenges.put_challenge(tx, asked)
        return SecondAsked()

    async def second(self, typed: str, arrival: Arrival) -> LoggedIn:
        """The login by a code of the app or a recovery code; WrongCredentials, Expired or Wait."""
        asked = await self._counted(arrival)
        counters = self._attempts.of_second(asked.person or "")
        await self._attempts.admit(counters)
        async with self._db.write() as tx:
            found = await challenges.find_challenge(tx, asked.id, now(), lock=True)
            person = await self._people.find(tx, asked.person or "")
            if found is None or person is None or person.status != "active":
                raise Expired
            way = await self._factors.prove(tx, person.id, typed)
            if way is None:
                raise WrongCredentials
            await challenges.drop_challenge(tx, asked.id)
            await self._attempts.forgive(tx, counters)
            proof = proof_of(way_named(asked.data["first"]), way)
            return await self._begin(tx, person, proof, arrival)

    async def waits(self, arrival: Arrival) -> bool:
        """Whether this browser is asked for a second proof."""
        async with self._db.read() as connection:
            found = await challenges.find_challenge(connection, self._id(arrival), now())
        return found is not None and found.tries < _MOST_TRIES

    async def _counted(self, arrival: Arrival) -> Challenge:
        """The question, one try further: committed before the answer is looked at."""
        async with self._db.write() as tx:
            asked = await challenges.find_challenge(tx, self._id(arrival), now(), lock=True)
            if asked is not None:
                await challenges.count_try(tx, asked.id)
        if asked is None or asked.tries >= _MOST_TRIES:
            raise Expired
        return asked

    def _id(self, arrival: Arrival) -> str:
        return self._derived.value("second", arrival.interaction or "", arrival.browser)
