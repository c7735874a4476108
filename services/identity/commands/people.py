"""Accounts of natural persons: opened with three fields, raised by proof, closed on request."""

from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.commands.attempts import Attempts
from services.identity.commands.new_passwords import NewPasswords
from services.identity.commands.passwords import Passwords
from services.identity.commands.records import Records
from services.identity.domain import contacts
from services.identity.domain.errors import NotAllowed
from services.identity.domain.only_login import OnlyLogin
from services.identity.events import PersonRegistered
from services.identity.store import people
from services.identity.store.people import People
from shared.clock import now
from shared.db import Database
from shared.ids import new_id

_FIRST_LEVEL = 1


class RegisterPerson:
    """A level 1 account: a login name, a phone, a password, and it works at once."""

    def __init__(
        self,
        db: Database,
        store: People,
        passwords: Passwords,
        rules: NewPasswords,
        records: Records,
        attempts: Attempts,
        only: OnlyLogin,
    ) -> None:
        self._db = db
        self._only = only
        self._attempts = attempts
        self._people = store
        self._passwords = passwords
        self._rules = rules
        self._records = records

    async def __call__(self, *, login_name: str, phone: str, password: str, address: str) -> str:
        """The id of the new person."""
        if self._only.upstream is not None:
            raise NotAllowed(
                "账户由上级统一身份认证开立，请直接登录。",
                "The upstream provider opens accounts: log in, and there is one.",
            )
        name, number = contacts.login_name(login_name), contacts.phone(phone)
        taken = await self._rules.check(password, name, number)
        await self._attempts.admit(self._attempts.of_sign_up(address))
        hashed = await self._passwords.hash(taken)
        person, moment = new_id("psn"), now()
        async with self._db.write() as tx:
            await self._add(tx, person, name, number, moment)
            await people.set_password(tx, person, hashed, moment)
            event = PersonRegistered(person=person, level=_FIRST_LEVEL)
            await self._records.tell(tx, people.people, person, event)
        return person

    async def _add(
        self, tx: AsyncConnection, person: str, name: str, phone: str, moment: datetime
    ) -> None:
        # Nobody has proved yet that the phone is his: it must not take another's place.
        try:
            await self._people.add(
                tx,
                person,
                login_name=name,
                level=_FIRST_LEVEL,
                at=moment,
                unproven=("phone",),
                phone=phone,
            )
        except IntegrityError:  # of two at once the database lets one have it
            raise NotAllowed("这个用户名已有人使用。", "This login name is taken.") from None
