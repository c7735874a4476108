"""Logging in with a password: no hint whether an account exists, growing delays for guessers."""

from services.identity.commands.attempts import Attempts
from services.identity.commands.begin import Arrival, BeginLogin, LoggedIn
from services.identity.commands.passwords import Passwords
from services.identity.domain.contacts import handle
from services.identity.domain.ways import PASSWORD, proof_of
from services.identity.store import people
from services.identity.store.people import People, Person
from shared.clock import now
from shared.db import Database

_NOBODY = "psn_nobody"


class WrongCredentials(Exception):
    """Account or password is wrong; which one is not said."""


class LogIn:
    """The act of logging in."""

    def __init__(
        self,
        db: Database,
        store: People,
        passwords: Passwords,
        attempts: Attempts,
        begin: BeginLogin,
    ) -> None:
        self._db = db
        self._attempts = attempts
        self._people = store
        self._passwords = passwords
        self._begin = begin

    async def __call__(self, *, username: str, password: str, arrival: Arrival) -> LoggedIn:
        """A new login in the place of the browser's last; raises WrongCredentials or Wait."""
        kind, value = handle(username)
        counters = self._attempts.of_login(f"{kind}:{value}", arrival.visit.address)
        await self._attempts.admit(counters)
        person, hashed = await self._account(kind, value)
        if not await self._passwords.matches(hashed, password) or person is None:
            raise WrongCredentials
        renewed = await self._renewed(hashed, password)
        async with self._db.write() as tx:
            await self._attempts.forgive(tx, counters)
            if renewed is not None:
                await people.set_password(tx, person.id, renewed, now())
            return await self._begin(tx, person, proof_of(PASSWORD), arrival)

    async def _account(self, kind: str, value: str) -> tuple[Person | None, str | None]:
        async with self._db.read() as connection:
            if kind == "login_name":
                person = await self._people.by_login_name(connection, value)
            else:
                person = await self._people.by_index(connection, kind, value)
            # The second query is made for nobody too, so that both take as long.
            hashed = await people.password_hash(connection, person.id if person else _NOBODY)
        if person is None or person.status != "active":
            return None, None
        return person, hashed

    async def _renewed(self, hashed: str | None, password: str) -> str | None:
        if hashed is None or not self._passwords.outdated(hashed):
            return None
        return await self._passwords.hash(password)
