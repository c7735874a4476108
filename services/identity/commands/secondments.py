"""Sending an office into a hall as resident staff, and calling it back."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.commands.records import Records
from services.identity.domain.errors import NotAllowed
from services.identity.domain.secondments import Secondment, second
from services.identity.domain.systems import Place
from services.identity.events import StaffSeconded, StaffSecondmentEnded
from services.identity.store import secondments
from services.identity.store.staff import Held
from shared.clock import now
from shared.ids import new_id


class Secondments:
    """The acts on secondments; each runs in the caller's transaction."""

    def __init__(self, records: Records) -> None:
        self._records = records

    async def send(
        self,
        tx: AsyncConnection,
        held: Held,
        hall: Place,
        *,
        begins_at: datetime | None,
        ends_at: datetime,
        by: str,
    ) -> Secondment:
        """Make an office resident in one hall; it is in no other at the same time."""
        moment = now()
        if not held.active:
            raise NotAllowed("没有这个在岗人员。", "There is no such active office.")
        made = second(
            id_=new_id("scd"),
            office=held.office,
            hall=hall,
            begins_at=begins_at or moment,
            ends_at=ends_at,
            now=moment,
        )
        for other in await secondments.open_of(tx, held.office.id):
            if made.begins_at < other.ends_at and other.begins_at < made.ends_at:
                raise NotAllowed(
                    "此人在这段时间已派驻另一大厅。",
                    "The person is resident in a hall during that time already.",
                )
        await secondments.add_secondment(tx, made, by=by, at=moment)
        event = StaffSeconded(
            secondment=made.id,
            office=made.office,
            department=held.office.department,
            hall_department=hall.department,
            hall_region=hall.region,
            begins_at=made.begins_at,
            ends_at=made.ends_at,
        )
        await self._records.tell(tx, secondments.secondments, made.id, event)
        facts = event.model_dump(mode="json")
        await self._records.prove(tx, "second_staff", made.id, by, facts)
        return made

    async def end(self, tx: AsyncConnection, held: Secondment, *, by: str) -> None:
        """Call the office back."""
        await secondments.close_secondment(tx, held.id, by=by, at=now())
        event = StaffSecondmentEnded(
            secondment=held.id,
            office=held.office,
            hall_department=held.hall_department,
            hall_region=held.hall_region,
        )
        await self._records.tell(tx, secondments.secondments, held.id, event)
        await self._records.prove(tx, "end_secondment", held.id, by)

    async def end_all(self, tx: AsyncConnection, office: str, *, by: str) -> None:
        """An office ends or moves: it is resident nowhere."""
        for one in await secondments.open_of(tx, office):
            await self.end(tx, one, by=by)
