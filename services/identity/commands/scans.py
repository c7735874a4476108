"""Scan to log in (扫码登录): a phone that is logged in lets a computer in that shows a code."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.identity.commands.begin import Arrival, BeginLogin, LoggedIn
from services.identity.commands.entrance import Expired
from services.identity.commands.secrets import Derived, digest, new_secret
from services.identity.domain.logins import Login
from services.identity.domain.visitors import described, masked_address
from services.identity.domain.ways import carried_over
from services.identity.store import challenges, logins
from services.identity.store.challenges import Challenge
from services.identity.store.people import People
from shared.clock import now
from shared.db import Database

LIFE = timedelta(minutes=2)
_CODE_LENGTH = 40
_SHOWN, _OPENED, _CONFIRMED, _REFUSED = "shown", "opened", "confirmed", "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What the phone's owner is told of the computer, and for which request it asks."""

    interaction: str
    where: str
    what: str
    at: datetime
    state: str


class Scans:
    """A code is good once, for two minutes, and only for the browser that shows it."""

    def __init__(self, db: Database, store: People, derived: Derived, begin: BeginLogin) -> None:
        self._db = db
        self._people = store
        self._derived = derived
        self._begin = begin

    async def show(self, arrival: Arrival) -> str:
        """A new code to show; what is returned names it in this browser's addresses."""
        name, moment = new_secret(), now()
        asked = Challenge(
            id=digest(self.code(name, arrival)),
            kind="scan",
            person=None,
            data={
                "state": _SHOWN,
                "interaction": arrival.interaction,
                "where": masked_address(arrival.visit.address),
                "what": described(arrival.visit.agent),
            },
            created_at=moment,
            expires_at=moment + LIFE,
        )
        async with self._db.write() as tx:
            await challenges.put_challenge(tx, asked)
        return name

    def code(self, name: str, arrival: Arrival) -> str:
        """What the picture says; another browser that has the name gets another code."""
        bound = (name, arrival.interaction or "", arrival.browser)
        return self._derived.value("scan", *bound)[:_CODE_LENGTH]

    async def state(self, name: str, arrival: Arrival) -> str:
        """How far it has come; Expired when the code is good no more."""
        asked = await self._asked(digest(self.code(name, arrival)))
        return str(asked.data["state"])

    async def opened(self, code: str) -> Asking:
        """What the phone is told; the computer learns that it was scanned."""
        id_ = digest(code[:_CODE_LENGTH])
        asked = await self._asked(id_)
        if asked.data["state"] == _SHOWN:
            await self._move(id_, _SHOWN, _OPENED, None)
        return Asking(
            interaction=asked.data["interaction"],
            where=asked.data["where"],
            what=asked.data["what"],
            at=asked.created_at,
            state=asked.data["state"],
        )

    async def answer(self, code: str, login: Login, *, yes: bool) -> None:
        """The owner of the phone lets the computer in, or does not."""
        id_ = digest(code[:_CODE_LENGTH])
        await self._move(id_, _OPENED, _CONFIRMED if yes else _REFUSED, login)

    async def enter(self, name: str, arrival: Arrival) -> LoggedIn:
        """The computer's login, by the phone's and never above it; the code is used up."""
        id_ = digest(self.code(name, arrival))
        async with self._db.write() as tx:
            asked = await challenges.find_challenge(tx, id_, now(), lock=True)
            if asked is None or asked.data["state"] != _CONFIRMED:
                raise Expired
            login = await logins.find_login(tx, asked.data["login"])
            person = await self._people.find(tx, asked.person or "")
            if login is None or not login.open_at(now()):
                raise Expired
            if person is None or person.status != "active":
                raise Expired
            await challenges.drop_challenge(tx, id_)
            return await self._begin(tx, person, carried_over(login), arrival)

    async def _asked(self, id_: str) -> Challenge:
        async with self._db.read() as connection:
            asked = await challenges.find_challenge(connection, id_, now())
        if asked is None or asked.kind != "scan":
            raise Expired
        return asked

    async def _move(self, id_: str, before: str, after: str, login: Login | None) -> None:
        async with self._db.write() as tx:
            asked = await challenges.find_challenge(tx, id_, now(), lock=True)
            if asked is None or asked.kind != "scan" or asked.data["state"] != before:
                raise Expired
            data = asked.data | {"state": after, "login": login.id if login else None}
            person = login.person if login else None
            await challenges.change_challenge(tx, id_, data=data, person=person)
