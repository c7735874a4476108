"""A new password: by who knows the present one or has just logged in, or has forgotten it."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.commands.attempts import Attempts
from services.identity.commands.entrance import WrongCredentials
from services.identity.commands.new_passwords import NewPasswords
from services.identity.commands.other_logins import end_other_logins
from services.identity.commands.passwords import Passwords
from services.identity.commands.records import Records
from services.identity.domain.logins import Login
from services.identity.domain.passwords import SHORTEST, SHORTEST_WITH_SECOND
from services.identity.store import devices, people, second_factors
from services.identity.store.people import People, Person
from shared.clock import now
from shared.db import Database

FRESH = timedelta(minutes=5)


class ChangePassword:
    """Every other login of the person ends, and every browser is a stranger again."""

    def __init__(
        self,
        db: Database,
        store: People,
        passwords: Passwords,
        rules: NewPasswords,
        records: Records,
        attempts: Attempts,
    ) -> None:
        self._db = db
        self._people = store
        self._passwords = passwords
        self._rules = rules
        self._records = records
        self._attempts = attempts

    def asks_present(self, login: Login) -> bool:
        """Whether the present password must be given, because the login is not fresh."""
        return login.helped_by is not None or now() - login.auth_time > FRESH

    async def __call__(self, login: Login, person: Person, present: str, new: str) -> int:
        """Change it; gives how many other logins ended. WrongCredentials, Invalid or Wait."""
        if self.asks_present(login):
            await self._confirm(person, present)
        hashed = await self._hashed(person, new)
        async with self._db.write() as tx:
            await people.set_password(tx, person.id, hashed, now())
            await devices.forget_devices_of(tx, person.id)
            await self._records.note(tx, person.id, "password_changed", now())
            return await end_other_logins(tx, self._records, login, why="password_changed")

    async def taken(self, new: str) -> str:
        """The password, if it is one for somebody of whom nothing is known yet."""
        return await self._rules.check(new)

    async def forgotten(self, person_id: str, new: str) -> None:
        """Set it for who has proved by other means who he is: every login ends."""
        async with self._db.read() as connection:
            person = await self._people.find(connection, person_id)
        if person is None or person.status != "active":
            raise WrongCredentials
        hashed = await self._hashed(person, new)
        async with self._db.write() as tx:
            await people.set_password(tx, person.id, hashed, now())
            await devices.forget_devices_of(tx, person.id)
            await self._records.note(tx, person.id, "password_changed", now())
            await end_other_logins(tx, self._records, person.id, why="password_forgotten")

    async def shortest_for(self, connection: AsyncConnection, person: str) -> int:
        """How long it must be: less where a second proof is asked as well."""
        second = await second_factors.has_code_app(connection, person)
        return SHORTEST_WITH_SECOND if second else SHORTEST

    async def _confirm(self, person: Person, present: str) -> None:
        counters = self._attempts.of_confirming(person.id)
        await self._attempts.admit(counters)
        async with self._db.read() as connection:
            hashed = await people.password_hash(connection, person.id)
        if not await self._passwords.matches(hashed, present):
            raise WrongCredentials
        async with self._db.write() as tx:
            await self._attempts.forgive(tx, counters)

    async def _hashed(self, person: Person, new: str) -> str:
        async with self._db.read() as connection:
            shortest = await self.shortest_for(connection, person.id)
        about = (person.login_name, *(person.open(one) for one in ("phone", "id_number", "name")))
        known = [one for one in about if one]
        return await self._passwords.hash(await self._rules.check(new, *known, shortest=shortest))
