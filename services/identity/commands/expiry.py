"""What ends by itself: offices on their last day, deputations and secondments after their time."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.commands.deputations import Deputations
from services.identity.commands.secondments import Secondments
from services.identity.commands.staff import Offices
from services.identity.store import deputations, secondments, staff
from shared.clock import now
from shared.db import Database

_AT_ONCE = 100
_CLOCK = "clock"


class Expiry:
    """Ends what is over and tells it; a token never outlives its office anyway."""

    def __init__(
        self, db: Database, offices: Offices, deputies: Deputations, residents: Secondments
    ) -> None:
        self._db = db
        self._offices = offices
        self._deputies = deputies
        self._residents = residents

    async def __call__(self) -> None:
        """One round; each end is a transaction of its own."""
        moment = now()
        async with self._db.read() as connection:
            offices = await staff.over_since(connection, moment, _AT_ONCE)
            deputed = await deputations.over_since(connection, moment, _AT_ONCE)
            resident = await secondments.over_since(connection, moment, _AT_ONCE)
        for ids, end in (
            (offices, self._office),
            (deputed, self._deputation),
            (resident, self._secondment),
        ):
            for id_ in ids:
                async with self._db.write() as tx:
                    await end(tx, id_)

    async def _office(self, tx: AsyncConnection, id_: str) -> None:
        held = await staff.lock_staff(tx, id_)
        if held is not None and held.office.over(now()):
            await self._offices.deactivate(tx, id_, by=_CLOCK)

    async def _deputation(self, tx: AsyncConnection, id_: str) -> None:
        held = await deputations.lock_deputation(tx, id_)
        if held is not None and held.ended_at is None:
            await self._deputies.end(tx, held, by=_CLOCK)

    async def _secondment(self, tx: AsyncConnection, id_: str) -> None:
        held = await secondments.lock_secondment(tx, id_)
        if held is not None and held.ended_at is None:
            await self._residents.end(tx, held, by=_CLOCK)
