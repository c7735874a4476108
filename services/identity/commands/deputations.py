"""Naming a deputy for an absence, and ending that."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.commands.records import Records
from services.identity.domain.deputations import Deputation, depute
from services.identity.domain.errors import NotAllowed
from services.identity.events import StaffDeputationEnded, StaffDeputed
from services.identity.store import deputations, grants, staff
from services.identity.store.desks import roles_of
from services.identity.store.roles import all_roles
from services.identity.store.staff import Held
from shared.clock import now
from shared.ids import new_id

_MOST_AT_ONCE = 5


@dataclass(frozen=True, slots=True)
class Absence:
    """When somebody is away, who fills his office, and with which of its roles (None: all)."""

    deputy: str
    begins_at: datetime | None
    ends_at: datetime
    roles: Collection[str] | None = None


class Deputations:
    """The acts on deputations; each runs in the caller's transaction."""

    def __init__(self, records: Records) -> None:
        self._records = records

    async def name(
        self, tx: AsyncConnection, held: Held, absence: Absence, *, by: str
    ) -> Deputation:
        """Name a deputy for the holder of an office."""
        moment, deputy = now(), await staff.find_staff(tx, absence.deputy)
        if not held.active or deputy is None or not deputy.active or deputy.office.over(moment):
            raise NotAllowed("没有这个在岗人员。", "There is no such active office.")
        around = await deputations.open_around(tx, held.office.id)
        if sum(one.office == held.office.id for one in around) >= _MOST_AT_ONCE:
            raise NotAllowed(
                f"同时最多 {_MOST_AT_ONCE} 位代理人。", f"At most {_MOST_AT_ONCE} deputies at once."
            )
        made = depute(
            id_=new_id("dpt"),
            office=held.office,
            deputy=deputy.office,
            deputys_roles=await roles_of(tx, deputy.office.person, moment),
            asked=absence.roles,
            begins_at=absence.begins_at or moment,
            ends_at=absence.ends_at,
            roles=await all_roles(tx),
            now=moment,
        )
        await deputations.add_deputation(tx, made, by=by, at=moment)
        event = StaffDeputed(
            deputation=made.id,
            office=made.office,
            deputy=made.deputy,
            department=held.office.department,
            region=held.office.region,
            roles=list(made.roles),
            begins_at=made.begins_at,
            ends_at=made.ends_at,
        )
        await self._records.tell(tx, deputations.deputations, made.id, event)
        facts = event.model_dump(mode="json")
        await self._records.prove(tx, "depute_staff", made.id, by, facts)
        return made

    async def end(self, tx: AsyncConnection, held: Deputation, *, by: str) -> None:
        """End it at once: the deputy's tokens for that office are refused from now on."""
        moment = now()
        await deputations.close_deputation(tx, held.id, by=by, at=moment)
        filling = await staff.find_staff(tx, held.deputy)
        if filling is not None:
            for grant in await grants.grants_in(tx, filling.office.person, held.id):
                await self._records.revoke_grant(tx, grant, moment)
        event = StaffDeputationEnded(deputation=held.id, office=held.office, deputy=held.deputy)
        await self._records.tell(tx, deputations.deputations, held.id, event)
        await self._records.prove(tx, "end_deputation", held.id, by)

    async def end_around(self, tx: AsyncConnection, office: str, *, by: str) -> None:
        """An office ends or moves: nobody fills it, and its holder fills no other."""
        for one in await deputations.open_around(tx, office):
            await self.end(tx, one, by=by)
