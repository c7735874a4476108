"""Finding whom somebody wants to name: by login name and real name, and by neither alone."""

from services.identity.commands.attempts import Attempts
from services.identity.domain.contacts import login_name
from services.identity.domain.errors import Invalid
from services.identity.store.people import People
from shared.db import Database


class Agents:
    """Looks an agent up; a wrong name and an unknown account are answered alike."""

    def __init__(self, db: Database, store: People, attempts: Attempts) -> None:
        self._db = db
        self._people = store
        self._attempts = attempts

    async def find(self, asking: str, login: str, name: str) -> str:
        """The id of the account, if it is this person's."""
        await self._attempts.admit(self._attempts.of_proofs(asking))
        wanted = login_name(login)
        async with self._db.read() as connection:
            found = await self._people.by_login_name(connection, wanted)
        if found is None or found.status != "active" or found.open("name") != name.strip():
            raise Invalid(
                "login_name",
                "没有找到用户名和姓名都一致的账户。",
                "There is no account with this login name and this name.",
            )
        return found.id
