"""Serial numbers, leased in blocks: no hot row, and a number is never given twice."""

import asyncio
from datetime import date

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from services.cases.domain import Channel, case_number
from services.cases.store.tables import number_leases
from shared.db import Database
from shared.ids import check_character

BLOCK = 200
_l = number_leases.c


class Numbers:
    """The numbers of one process; what is left of a block when it ends is a gap."""

    def __init__(self, db: Database, *, block: int = BLOCK) -> None:
        self._db = db
        self._block = block
        self._leased: dict[str, range] = {}
        self._lease = asyncio.Lock()

    async def take(self, region: str, day: date, channel: Channel) -> str:
        """A number that nobody had and nobody will get again."""
        series = f"{region}{day:%Y%m%d}{channel}"
        async with self._lease:
            left = self._leased.get(series) or await self._block_of(series)
            # Blocks of other days are of no more use.
            self._leased = {k: v for k, v in self._leased.items() if k[12:20] == series[12:20]}
            self._leased[series] = left[1:]
        return case_number(region, day, channel, left[0], check_character)

    async def _block_of(self, series: str) -> range:
        """Lease a block in a transaction of its own: it stays leased whatever becomes of it."""
        async with self._db.write() as tx:
            dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
            add = dialect.insert(number_leases).values(series=series, next=1 + self._block)
            await tx.execute(
                add.on_conflict_do_update(
                    index_elements=[_l.series], set_={"next": _l.next + self._block}
                )
            )
            end = (await tx.execute(select(_l.next).where(_l.series == series))).scalar_one()
        return range(end - self._block, end)
