"""Logging in with a password: no hint whether an account exists, growing delays for guessers."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.commands.attempts import Attempts
from services.identity.commands.passwords import Passwords
from services.identity.commands.records import Records
from services.identity.commands.secrets import digest, new_secret
from services.identity.domain.contacts import handle
from services.identity.domain.logins import LIFETIME, Login
from services.identity.store import interactions, logins, people
from services.identity.store.people import People, Person
from shared.clock import now
from shared.db import Database
from shared.ids import new_id

_NOBODY = "psn_nobody"


class WrongCredentials(Exception):
    """Account or password is wrong; which one is not said."""


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A login that has begun, and the secret for its cookie."""

    login: Login
    secret: str


class LogIn:
    """The act of logging in."""

    def __init__(
        self,
        db: Database,
        store: People,
        passwords: Passwords,
        records: Records,
        attempts: Attempts,
    ) -> None:
        self._db = db
        self._attempts = attempts
        self._people = store
        self._passwords = passwords
        self._records = records

    async def __call__(
        self,
        *,
        username: str,
        password: str,
        address: str,
        interaction: str | None = None,
        replaces: Login | None = None,
    ) -> LoggedIn:
        """A new login in the place of the browser's last; raises WrongCredentials or Wait."""
        kind, value = handle(username)
        counters = self._attempts.of_login(f"{kind}:{value}", address)
        await self._attempts.admit(counters)
        person, hashed = await self._account(kind, value)
        if not await self._passwords.matches(hashed, password) or person is None:
            raise WrongCredentials
        renewed = await self._renewed(hashed, password)
        async with self._db.write() as tx:
            moment = now()
            await self._attempts.forgive(tx, counters)
            if renewed is not None:
                await people.set_password(tx, person.id, renewed, moment)
            if replaces is not None:
                await self._records.end_login(
                    tx, replaces.id, replaces.person, why="replaced", at=moment
                )
            begun = await self._begin(tx, person, moment)
            if interaction is not None:
                await interactions.logged_in_for(tx, interaction, begun.login.id)
        return begun

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

    async def _begin(self, tx: AsyncConnection, person: Person, moment: datetime) -> LoggedIn:
        secret = new_secret()
        login = Login(
            id=new_id("ses"),
            person=person.id,
            method="pwd",
            level=person.level,
            auth_time=moment,
            expires_at=moment + LIFETIME,
        )
        await logins.add_login(tx, login, digest(secret))
        return LoggedIn(login, secret)
