"""Reading offices: what the policy shows to whom; names come from the person's record, logged."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.policy import StaffRecord, policy
from services.identity.store import people, secondments, staff
from services.identity.store.people import People
from services.identity.store.staff import Held
from shared.access import AccessLog
from shared.auth import Subject
from shared.db import Database

ADMINISTRATION = "administration"


@dataclass(frozen=True, slots=True)
class Shown:
    """An office with the name of who holds it."""

    held: Held
    name: str | None


class StaffReads:
    """Reads that are decided by the policy and written down."""

    def __init__(self, db: Database, people_: People, access: AccessLog) -> None:
        self._db = db
        self._people = people_
        self._access = access

    async def page(
        self,
        subject: Subject,
        filters: Sequence[ColumnElement[bool]],
        *,
        behind: str | None,
        limit: int,
    ) -> list[Shown]:
        """A page of the offices that the subject may see."""
        readable = policy.scope(subject, "read_staff", ADMINISTRATION)
        async with self._db.write() as tx:
            found = await staff.list_staff(
                tx, readable, filters=filters, behind=behind, limit=limit
            )
            return await self._named(tx, subject, found, "工作人员名册")

    async def one(self, subject: Subject, id_: str) -> Shown | None:
        """One office, or None when there is none that the subject may see."""
        async with self._db.write() as tx:
            held = await staff.find_staff(tx, id_)
            if held is None:
                return None
            record = await record_of(tx, held)
            decision = policy.decide(subject, "read_staff", record, ADMINISTRATION)
            if not decision.allowed:
                return None
            return (await self._named(tx, subject, [held], decision.basis))[0]

    async def _named(
        self, tx: AsyncConnection, subject: Subject, found: list[Held], basis: str
    ) -> list[Shown]:
        others = [one.office.person for one in found if one.office.person != subject.sub]
        await self._access.record_all(
            tx, subject, others, fields=["name"], purpose=ADMINISTRATION, basis=basis
        )
        shown = []
        for held in found:
            person = await self._people.find(tx, held.office.person)
            shown.append(Shown(held, person.open("name") if person else None))
        return shown


async def record_of(connection: AsyncConnection, held: Held) -> StaffRecord:
    """An office as the rules see it."""
    office = held.office
    halls = await secondments.halls_of(connection, office.id)
    return StaffRecord(office.id, office.person, office.department, office.region, halls)


async def person_for_office(
    connection: AsyncConnection, store: People, person: str | None, login_name: str | None
) -> str | None:
    """The active account that an office is created for, by id or by login name."""
    if person is None and login_name is not None:
        found = await store.by_login_name(connection, login_name)
        person = found.id if found else None
    if person is None or not await people.is_active(connection, person):
        return None
    return person
