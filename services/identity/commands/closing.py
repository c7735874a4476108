"""Leaving (注销): asked for, thought over, and then nothing stays but an opaque id."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.commands.delegations import Delegations
from services.identity.commands.records import Records
from services.identity.domain.delegations import Principal
from services.identity.domain.errors import NotAllowed
from services.identity.events import PersonClosed
from services.identity.store import (
    closings,
    delegations,
    entrustments,
    logins,
    people,
    staff,
)
from shared.clock import now
from shared.db import Database


class Closing:
    """The acts of leaving."""

    def __init__(
        self, db: Database, records: Records, given: Delegations, *, thinking: timedelta
    ) -> None:
        """`thinking`: how long somebody may think better of it."""
        self._db = db
        self._records = records
        self._delegations = given
        self._thinking = thinking

    async def ask(self, person: str) -> datetime:
        """Close the account when the time to think is over; says when that is."""
        moment = now()
        due = moment + self._thinking
        async with self._db.write() as tx:
            await self._check(tx, person)
            await closings.put_closing(tx, person, moment, due)
            await self._records.prove(tx, "ask_to_close_person", person, person)
            if due <= moment:
                await self._close(tx, person, moment)
        return due

    async def withdraw(self, person: str) -> None:
        """Stay after all."""
        async with self._db.write() as tx:
            if not await closings.take_closing(tx, person):
                raise NotAllowed("没有待办的注销申请。", "There is nothing to withdraw.")
            await self._records.prove(tx, "stay_after_all", person, person)

    async def close_due(self) -> None:
        """Close each account whose time has come."""
        async with self._db.read() as connection:
            due = await closings.due_closings(connection, now())
        for person in due:
            async with self._db.write() as tx:
                if person in await closings.due_closings(tx, now()):
                    await self._close_or_drop(tx, person)

    async def _close_or_drop(self, tx: AsyncConnection, person: str) -> None:
        try:
            await self._check(tx, person)
        except NotAllowed:  # an office or an organisation came to him since: he must ask again
            await closings.take_closing(tx, person)
        else:
            await self._close(tx, person, now())

    async def _check(self, tx: AsyncConnection, person: str) -> None:
        if await staff.offices_of(tx, person, now()):
            raise NotAllowed(
                "您还有工作人员岗位，请先由管理员停用。",
                "You still hold an office: an administrator ends it first.",
            )
        if await closings.represents(tx, person):
            raise NotAllowed(
                "您还是单位的法定代表人，请先变更登记。",
                "You are still an organisation's legal representative: change the register first.",
            )

    async def _close(self, tx: AsyncConnection, person: str, moment: datetime) -> None:
        held = await delegations.held_by(tx, person, moment)
        offered = await delegations.offered_to(tx, person, moment)
        given = await delegations.given_for(tx, Principal("person", person), moment)
        for one in (*held, *offered, *given):
            await self._delegations.end(tx, one, by=person)
        for waiting in await entrustments.waiting_of(tx, person, moment):
            await entrustments.close_entrustment(tx, waiting.id, "closed", moment)
        for login in await logins.open_logins(tx, person, moment):
            await self._records.end_login(tx, login, person, why="account_closed", at=moment)
        await self._records.tell(tx, people.people, person, PersonClosed(person=person))
        await closings.erase_person(tx, person, moment)
        await self._records.forget(tx, person)
        await self._records.prove(tx, "close_person", person, person)
