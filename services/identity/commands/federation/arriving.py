"""Whose account it is that somebody logged in to elsewhere; a login here begins, or a question.

Who came before is known by his link. Else an existing account is his on proof only: an identity
number that a trusted upstream verified in person. A name, a phone or an e-mail proves nothing.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.commands.begin import Arrival, BeginLogin, LoggedIn
from services.identity.commands.federation.linking import Linking
from services.identity.commands.federation.trouble import Failed, Strayed
from services.identity.commands.records import Records
from services.identity.domain.grants import AuthorizationRequest
from services.identity.domain.upstreams import ENOUGH_TO_LINK, Told, Upstream
from services.identity.domain.ways import Proof
from services.identity.events import PersonRegistered
from services.identity.store import people
from services.identity.store.interactions import find_interaction
from services.identity.store.people import People, Person
from services.identity.store.upstream_visits import UpstreamVisits, Visit
from services.identity.store.upstreams import Upstreams
from shared.clock import now
from shared.db import Database
from shared.ids import new_id

_FIRST_LEVEL = 1


class Arriving:
    """The end of the way."""

    def __init__(
        self,
        db: Database,
        store: Upstreams,
        visits: UpstreamVisits,
        known: People,
        begin: BeginLogin,
        linking: Linking,
        records: Records,
    ) -> None:
        self._db = db
        self._store = store
        self._visits = visits
        self._people = known
        self._begin = begin
        self._linking = linking
        self._records = records

    async def come(
        self, visit: Visit, upstream: Upstream, told: Told, arrival: Arrival, *, alone: bool
    ) -> LoggedIn | None:
        """A login of who is known; `alone`: who is not gets an account; else None, to ask him."""
        async with self._db.write() as tx:
            person = await self._known(tx, visit, upstream, told)
            if person is None and not alone:
                await self._visits.keep(tx, visit, told)
                return None
            if person is None:
                person = await self._new(tx, upstream, told)
            return await self._log_in(tx, person, upstream, told, arrival)

    async def open_account(self, browser: str, arrival: Arrival) -> LoggedIn:
        """A new account for who said that he has none."""
        moment = now()
        async with self._db.write() as tx:
            found = await self._visits.told(tx, browser, arrival.interaction or "", "told", moment)
            if found is None or not await self._visits.take(tx, found[0].id, "told"):
                raise Strayed("request_over")
            visit, told = found
            configured = await self._store.find(tx, visit.upstream)
            if configured is None or not configured.upstream.enabled:
                raise Failed("no_such_upstream", visit)
            upstream = configured.upstream
            person = await self._known(tx, visit, upstream, told)
            if person is None:
                person = await self._new(tx, upstream, told)
            return await self._log_in(tx, person, upstream, told, arrival)

    async def _known(
        self, tx: AsyncConnection, visit: Visit, upstream: Upstream, told: Told
    ) -> Person | None:
        link = await self._store.linked(tx, upstream.code, told.subject)
        if link is not None:
            await self._store.used(tx, link.id, now())
            person = await self._people.find(tx, link.person)
        else:
            person = await self._by_number(tx, visit, upstream, told)
        if person is not None and person.status != "active":
            raise Failed("account_closed", visit)
        return person

    async def _by_number(
        self, tx: AsyncConnection, visit: Visit, upstream: Upstream, told: Told
    ) -> Person | None:
        """Both sides must have seen the person, or the number is only something somebody knows."""
        if not told.proves_number(upstream):
            return None
        number = told.fields["id_number"]
        person = await self._people.by_index(tx, "id_number", number)
        if person is None:
            return None
        if person.level < ENOUGH_TO_LINK:
            raise Failed("account_not_verified", visit)
        if any(one.upstream == upstream.code for one in await self._store.links_of(tx, person.id)):
            raise Failed("linked_to_another", visit)
        await self._linking.link(tx, upstream.code, told.subject, person.id, "id_number")
        return person

    async def _new(self, tx: AsyncConnection, upstream: Upstream, told: Told) -> Person:
        """What a trusted upstream verified is proven; of others only the name is kept."""
        person, proven = new_id("psn"), told.proves_number(upstream)
        level = told.level if proven else _FIRST_LEVEL
        fields: dict[str, str | None] = {"name": told.fields.get("name")}
        if proven:
            fields["id_number"] = told.fields["id_number"]
        if "phone" in told.fields:
            fields["phone"] = told.fields["phone"]
        await self._people.add(
            tx, person, login_name=None, level=level, at=now(), unproven=("phone",), **fields
        )
        await self._linking.link(tx, upstream.code, told.subject, person, "new")
        event = PersonRegistered(person=person, level=level)
        await self._records.tell(tx, people.people, person, event)
        found = await self._people.find(tx, person)
        assert found is not None  # noqa: S101 - it was stored a moment ago
        return found

    async def _log_in(
        self,
        tx: AsyncConnection,
        person: Person,
        upstream: Upstream,
        told: Told,
        arrival: Arrival,
    ) -> LoggedIn:
        waits = arrival.interaction
        interaction = await find_interaction(tx, waits, now()) if waits else None
        request = interaction.request if interaction else None
        proof = Proof(
            told.amr,
            told.level,
            at=proved_at(told, request, now()),
            upstream=upstream.code,
        )
        begun = await self._begin(tx, person, proof, arrival)
        await self._visits.came_from(tx, begun.login.id, upstream.code, told)
        return begun


def proved_at(told: Told, request: AuthorizationRequest | None, moment: datetime) -> datetime:
    """When the person proved himself there; what was asked of it was checked, to the minute."""
    if told.auth_time is None or (request is not None and "login" in request.prompt):
        return moment
    proved = min(moment, datetime.fromtimestamp(told.auth_time, UTC))
    if request is not None and request.max_age is not None:
        return max(proved, moment - timedelta(seconds=request.max_age))
    return proved
