"""Linking an account elsewhere with one here, and taking it back."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.commands.federation.trouble import Failed, Strayed
from services.identity.commands.records import Records
from services.identity.domain.upstreams import Told
from services.identity.store.people import People, Person
from services.identity.store.upstream_visits import UpstreamVisits, Visit
from services.identity.store.upstreams import Link, Upstreams
from shared.clock import now
from shared.db import Database


class Linking:
    """The acts on links; each leaves its evidence."""

    def __init__(
        self,
        db: Database,
        store: Upstreams,
        visits: UpstreamVisits,
        known: People,
        records: Records,
    ) -> None:
        self._db = db
        self._store = store
        self._visits = visits
        self._people = known
        self._records = records

    async def link(
        self, tx: AsyncConnection, upstream: str, subject: str, person: str, by: str
    ) -> None:
        """Store a link; `by` says on what proof."""
        await self._store.link(tx, upstream, subject, person, now())
        await self._records.prove(
            tx, "link_upstream", person, person, {"upstream": upstream, "by": by}
        )

    async def ask_to_log_in(self, browser: str, interaction: str) -> None:
        """Who came back has an account here: he logs in to it once, in this browser."""
        moment = now()
        async with self._db.write() as tx:
            found = await self._visits.told(tx, browser, interaction, "told", moment)
            if found is None or not await self._visits.move(tx, found[0].id, "told", "linking"):
                raise Strayed("request_over")

    async def logged_in(
        self, tx: AsyncConnection, person: Person, browser: str, interaction: str
    ) -> None:
        """He did: link what waits in this browser for this request, if it is his."""
        found = await self._visits.told(tx, browser, interaction, "linking", now())
        if found is None or not await self._visits.take(tx, found[0].id, "linking"):
            return
        visit, told = found
        if await self._may_link(tx, visit.upstream, told, person):
            await self.link(tx, visit.upstream, told.subject, person.id, "login")

    async def link_own(self, visit: Visit, told: Told, person: str) -> None:
        """From the account page, by who is logged in there."""
        async with self._db.write() as tx:
            found = await self._people.find(tx, person)
            if found is None or visit.person != person:
                raise Strayed("another_person")
            if not await self._may_link(tx, visit.upstream, told, found):
                raise Failed("linked_to_another", visit)
            await self.link(tx, visit.upstream, told.subject, person, "account")

    async def unlink(self, link: str, person: str) -> Link | None:
        """Forget it; None when it is no link of this person."""
        async with self._db.write() as tx:
            gone = await self._store.unlink(tx, link, person)
            if gone is not None:
                facts = {"upstream": gone.upstream}
                await self._records.prove(tx, "unlink_upstream", person, person, facts)
            return gone

    async def _may_link(
        self, tx: AsyncConnection, upstream: str, told: Told, person: Person
    ) -> bool:
        """One account there, one here; and never two people whose numbers differ."""
        if await self._store.linked(tx, upstream, told.subject) is not None:
            return False
        if any(one.upstream == upstream for one in await self._store.links_of(tx, person.id)):
            return False
        theirs, ours = told.fields.get("id_number"), person.open("id_number")
        return theirs is None or ours is None or theirs == ours
