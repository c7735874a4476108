"""Logging in with a password: no hint whether an account exists, growing delays for guessers."""

from services.identity.commands.attempts import Attempts, Counters
from services.identity.commands.begin import Arrival, before_known
from services.identity.commands.entrance import Entered, Entrance, WrongCredentials
from services.identity.commands.passwords import Passwords
from services.identity.commands.secrets import digest
from services.identity.commands.siege import Siege
from services.identity.domain.contacts import handle
from services.identity.domain.ways import PASSWORD
from services.identity.store import devices, people
from services.identity.store.people import People, Person
from shared.clock import now
from shared.db import Database

_NOBODY = "psn_nobody"


def bound_to(arrival: Arrival) -> tuple[str, str]:
    """What the work of an attempt is bound to."""
    return arrival.interaction or "", arrival.browser


class LogIn:
    """The act of logging in."""

    def __init__(
        self,
        db: Database,
        store: People,
        passwords: Passwords,
        attempts: Attempts,
        entrance: Entrance,
        siege: Siege,
    ) -> None:
        self._db = db
        self._attempts = attempts
        self._people = store
        self._passwords = passwords
        self._entrance = entrance
        self._siege = siege

    async def __call__(
        self, *, username: str, password: str, arrival: Arrival, work: tuple[str, str] = ("", "")
    ) -> Entered:
        """A login, or the question for a second proof; raises WrongCredentials, Wait, WorkNeeded.

        `work`: a task of ours and its solution, looked at only while there is an attack.
        """
        kind, value = handle(username)
        person, hashed, known_here = await self._account(kind, value, arrival)
        counters = self._counters(f"{kind}:{value}", arrival, known_here=known_here)
        if not known_here:
            await self._siege.admit(*work, *bound_to(arrival))
        await self._attempts.admit(counters)
        if not await self._passwords.matches(hashed, password) or person is None:
            self._siege.failed()
            raise WrongCredentials
        renewed = await self._renewed(hashed, password)
        async with self._db.write() as tx:
            await self._attempts.forgive(tx, counters)
            if renewed is not None:
                await people.set_password(tx, person.id, renewed, now())
            return await self._entrance.first(tx, person.id, PASSWORD, arrival)

    async def _account(
        self, kind: str, value: str, arrival: Arrival
    ) -> tuple[Person | None, str | None, bool]:
        mark = digest(before_known(arrival.visit) or "")
        async with self._db.read() as connection:
            if kind == "login_name":
                person = await self._people.by_login_name(connection, value)
            else:
                person = await self._people.by_index(connection, kind, value)
            # The same queries are made for nobody too, so that both take as long.
            id_ = person.id if person else _NOBODY
            hashed = await people.password_hash(connection, id_)
            known_here = await devices.seen_before(connection, id_, mark)
        if person is None or person.status != "active":
            return None, None, False
        return person, hashed, known_here

    def _counters(self, account: str, arrival: Arrival, *, known_here: bool) -> Counters:
        device = before_known(arrival.visit) if known_here else None
        return self._attempts.of_login(account, arrival.visit.address, device)

    async def _renewed(self, hashed: str | None, password: str) -> str | None:
        if hashed is None or not self._passwords.outdated(hashed):
            return None
        return await self._passwords.hash(password)
