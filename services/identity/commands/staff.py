"""Offices: giving, changing, moving and ending them; what they rest on ends with them at once."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.commands.deputations import Deputations
from services.identity.commands.records import Records
from services.identity.commands.secondments import Secondments
from services.identity.domain.errors import NotAllowed
from services.identity.domain.roles import check_together, known_roles
from services.identity.domain.staff import ACTIVE, DEACTIVATED, PENDING, Duties, Staff
from services.identity.domain.systems import Place
from services.identity.events import StaffAppointed, StaffDeactivated
from services.identity.store import deputations, grants, logins, people, staff
from services.identity.store.roles import all_roles
from services.identity.store.staff import Held
from shared.clock import now
from shared.ids import new_id


class Offices:
    """The acts on offices; each runs in the caller's transaction."""

    def __init__(self, records: Records, deputies: Deputations, residents: Secondments) -> None:
        self._records = records
        self._deputies = deputies
        self._residents = residents

    async def create(
        self,
        tx: AsyncConnection,
        person: str,
        at: Place,
        positions: tuple[str, ...],
        *,
        ends_at: datetime | None,
        by: str,
    ) -> Held:
        """A new office without roles, in which nobody works until it is activated."""
        await self._free(tx, person, at)
        office = Staff(new_id("stf"), person, at.department, at.region, positions, (), ends_at)
        await staff.add_staff(tx, office, now(), by=by, status=PENDING)
        await self._records.prove(tx, "create_staff", office.id, by, _facts(office))
        return await self._again(tx, office.id)

    async def give(
        self,
        tx: AsyncConnection,
        person: str,
        at: Place,
        duties: Duties,
        *,
        by: str,
        also: bool = False,
        ends_at: datetime | None = None,
    ) -> tuple[Staff, bool]:
        """Give a person an office, new or instead of his only one (`also`: beside those he has);
        False when he holds it already.
        """
        await staff.lock_person(tx, person)
        held = await staff.held_by(tx, person)
        known = next((one for one in held if _is_at(one.office, at)), None)
        if known is None and not also:
            known = _only(held)
        id_ = known.office.id if known else new_id("stf")
        office = Staff(
            id_, person, at.department, at.region, duties.positions, duties.roles, ends_at
        )
        if known is not None and known.active and known.office == office:
            return office, False
        await self._check_roles(tx, office)
        if known is not None:
            await self._end_tokens(tx, known.office)
            await staff.change_staff(tx, office, now(), by=by)
        else:
            await staff.add_staff(tx, office, now(), by=by)
        await self._appointed(tx, office, "appoint_staff", by)
        return office, True

    async def change(
        self,
        tx: AsyncConnection,
        held: Held,
        *,
        positions: tuple[str, ...],
        ends_at: datetime | None,
        by: str,
    ) -> Held:
        """Other positions, or another last day."""
        office = replace(held.office, positions=positions, ends_at=ends_at)
        return await self._changed(tx, held, office, "change_staff", by)

    async def move(self, tx: AsyncConnection, held: Held, to: Place, *, by: str) -> Held:
        """To another department or region; tokens of the old place are refused at once."""
        await self._free(tx, held.office.person, to)
        await self._end_around(tx, held.office, by)
        office = replace(held.office, department=to.department, region=to.region)
        return await self._changed(tx, held, office, "move_staff", by)

    async def grant_role(self, tx: AsyncConnection, held: Held, role: str, *, by: str) -> Held:
        """One role more, unless the person holds one that excludes it."""
        known_roles([role], await all_roles(tx))
        if role in held.office.roles:
            return held
        await staff.lock_person(tx, held.office.person)
        office = replace(held.office, roles=(*held.office.roles, role))
        await self._check_roles(tx, office)
        return await self._changed(tx, held, office, "grant_role", by)

    async def take_role(self, tx: AsyncConnection, held: Held, role: str, *, by: str) -> Held:
        """One role less; tokens that name it are refused at once."""
        if role not in held.office.roles:
            raise NotAllowed("该岗位没有这个角色。", "The office does not have this role.")
        await self._end_tokens(tx, held.office)
        roles = tuple(one for one in held.office.roles if one != role)
        office = replace(held.office, roles=roles)
        return await self._changed(tx, held, office, "take_role", by)

    async def activate(self, tx: AsyncConnection, held: Held, *, by: str) -> Held:
        """Let its holder work, for the first time or again."""
        if held.active:
            return held
        office = held.office
        if office.over(now()):
            raise NotAllowed(
                "该岗位的截止时间已过，请先改期。", "Its last day is past: change that first."
            )
        if not office.roles:
            raise NotAllowed("请先授予角色。", "Grant it a role first.")
        if not await people.is_active(tx, office.person):
            raise NotAllowed("此人的账号已注销。", "The person's account is closed.")
        await staff.lock_person(tx, office.person)
        await self._check_roles(tx, office)
        await staff.change_staff(tx, office, now(), by=by)
        await self._appointed(tx, office, "activate_staff", by)
        return await self._again(tx, office.id)

    async def deactivate(self, tx: AsyncConnection, id_: str, *, by: str) -> bool:
        """End an office and every login of its holder; False when there is no active one."""
        found = await staff.lock_staff(tx, id_)
        if found is None or not found.active:
            return False
        office, moment = found.office, now()
        await self._end_around(tx, office, by)
        await staff.close_staff(tx, id_, moment, by=by)
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

    async def _changed(
        self, tx: AsyncConnection, held: Held, office: Staff, act: str, by: str
    ) -> Held:
        await staff.change_staff(tx, office, now(), by=by, status=held.status)
        if held.active:
            await self._appointed(tx, office, act, by)
        else:
            await self._records.prove(tx, act, office.id, by, _facts(office))
        return await self._again(tx, office.id)

    async def _appointed(self, tx: AsyncConnection, office: Staff, act: str, by: str) -> None:
        event = StaffAppointed(
            staff=office.id,
            person=office.person,
            department=office.department,
            region=office.region,
            positions=list(office.positions),
            roles=list(office.roles),
        )
        await self._records.tell(tx, staff.staff, office.id, event)
        await self._records.prove(tx, act, office.id, by, _facts(office))

    async def _check_roles(self, tx: AsyncConnection, office: Staff) -> None:
        """No two roles of one person exclude each other, in whichever of his offices."""
        others = [
            role
            for one in await staff.held_by(tx, office.person)
            if one.office.id != office.id and one.status != DEACTIVATED
            for role in one.office.roles
        ]
        check_together({*others, *office.roles}, await all_roles(tx))

    async def _free(self, tx: AsyncConnection, person: str, at: Place) -> None:
        await staff.lock_person(tx, person)
        if any(_is_at(one.office, at) for one in await staff.held_by(tx, person)):
            raise NotAllowed(
                "此人在该部门、该区划已有岗位。",
                "The person has an office in that department and region.",
            )

    async def _end_tokens(self, tx: AsyncConnection, office: Staff) -> None:
        """Tokens that name the office as it was, its deputies' as well."""
        moment = now()
        holders = [(office.person, office.id)]
        for one in await deputations.open_around(tx, office.id):
            filling = await staff.find_staff(tx, one.deputy)
            if filling is not None:
                holders.append((filling.office.person, one.id))
        for person, choice in holders:
            for grant in await grants.grants_in(tx, person, choice):
                await self._records.revoke_grant(tx, grant, moment)

    async def _end_around(self, tx: AsyncConnection, office: Staff, by: str) -> None:
        await self._end_tokens(tx, office)
        await self._deputies.end_around(tx, office.id, by=by)
        await self._residents.end_all(tx, office.id, by=by)

    async def _again(self, tx: AsyncConnection, id_: str) -> Held:
        held = await staff.find_staff(tx, id_)
        assert held is not None  # noqa: S101 - it was written a line before
        return held


def _facts(office: Staff) -> dict[str, object]:
    return {
        "person": office.person,
        "department": office.department,
        "region": office.region,
        "positions": list(office.positions),
        "roles": list(office.roles),
        "ends_at": office.ends_at.isoformat() if office.ends_at else None,
    }


def _is_at(office: Staff, at: Place) -> bool:
    return (office.department, office.region) == (at.department, at.region)


def _only(held: list[Held]) -> Held | None:
    active = [one for one in held if one.status == ACTIVE]
    if len(active) > 1:
        raise NotAllowed(
            "此人有多个岗位：请说明是另加一个。",
            "The person holds several offices: say that this one is added.",
        )
    return active[0] if active else None
