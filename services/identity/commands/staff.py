"""Appointing staff of departments and ending their office."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.commands.records import Records
from services.identity.domain.staff import Duties, Staff
from services.identity.domain.systems import Place
from services.identity.events import StaffAppointed, StaffDeactivated
from services.identity.store import logins, staff
from shared.clock import now
from shared.ids import new_id


class Offices:
    """The acts on offices; each runs in the caller's transaction."""

    def __init__(self, records: Records) -> None:
        self._records = records

    async def appoint(self, tx: AsyncConnection, office: Staff, *, by: str, anew: bool) -> None:
        """Store an office (`anew`: one that was known with other duties), event and evidence."""
        store = staff.change_staff if anew else staff.add_staff
        await store(tx, office, now())
        event = StaffAppointed(
            staff=office.id,
            person=office.person,
            department=office.department,
            region=office.region,
            positions=list(office.positions),
            roles=list(office.roles),
        )
        await self._records.tell(tx, staff.staff, office.id, event)
        await self._records.prove(tx, "appoint_staff", office.id, by, event.model_dump(mode="json"))

    async def give(
        self, tx: AsyncConnection, person: str, at: Place, duties: Duties, *, by: str
    ) -> tuple[Staff, bool]:
        """Give a person an office, new or instead of his last; False when he holds it already."""
        held = await staff.office_of(tx, person)
        id_ = held[0].id if held else new_id("stf")
        office = Staff(id_, person, at.department, at.region, duties.positions, duties.roles)
        if held == (office, True):
            return office, False
        await self.appoint(tx, office, by=by, anew=held is not None)
        return office, True

    async def deactivate(self, tx: AsyncConnection, id_: str, *, by: str) -> bool:
        """End an office and every login of its holder; False when there is no active one."""
        found = await staff.lock_staff(tx, id_)
        if found is None or not found[1]:
            return False
        office, moment = found[0], now()
        await staff.close_staff(tx, id_, moment)
        event = StaffDeactivated(
            staff=office.id, person=office.person, department=office.department
        )
        await self._records.tell(tx, staff.staff, office.id, event)
        await self._records.prove(tx, "deactivate_staff", office.id, by)
        for login in await logins.open_logins(tx, office.person, moment):
            await self._records.end_login(
                tx, login, office.person, why="staff_deactivated", at=moment
            )
        return True
