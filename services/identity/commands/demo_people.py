"""Bringing a list of people, organisations, delegations and staff into the database."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.commands.provider import Provider
from services.identity.domain import contacts
from services.identity.domain.delegations import Delegation, Principal
from services.identity.domain.numbers import credit_code, identity_number
from services.identity.domain.staff import DEACTIVATED, Duties
from services.identity.domain.systems import Place
from services.identity.events import PersonRegistered
from services.identity.store import delegations, organisations, people, staff
from shared.clock import now, today
from shared.ids import new_id

_ACTOR = "demo"
_DAY_ENDS = time(23, 59, 59)

Entries = Sequence[Mapping[str, Any]]


class DemoPeople:
    """Adds what is missing, in one transaction; ids by the keys of the list."""

    def __init__(self, provider: Provider, tx: AsyncConnection) -> None:
        self._provider = provider
        self._tx = tx
        self._now = now()
        self._zone = provider.settings.timezone
        self.person_ids: dict[str, str] = {}
        self.organisation_ids: dict[str, str] = {}
        self.staff_ids: dict[str, str] = {}

    async def people(self, entries: Entries, hashes: Mapping[str, str]) -> None:
        """Natural persons by their login name."""
        for entry in entries:
            name = contacts.login_name(entry["username"])
            known = await self._provider.people.by_login_name(self._tx, name)
            person = known.id if known else await self._add_person(entry, name)
            self.person_ids[entry["key"]] = person
            if entry["key"] in hashes:
                await people.set_password(self._tx, person, hashes[entry["key"]], self._now)

    async def organisations(self, entries: Entries) -> None:
        """Organisations by their code, and the authority of their legal representatives."""
        for entry in entries:
            code = credit_code(entry["code"])
            known = await organisations.organisation_by_code(self._tx, code)
            found = known.id if known else await self._add_organisation(entry, code)
            self.organisation_ids[entry["key"]] = found

    async def delegations(self, entries: Entries) -> None:
        """Agents of organisations; an agent who holds one for it already is left as he is."""
        for entry in entries:
            organisation = self.organisation_ids[entry["organisation"]]
            agent = self.person_ids[entry["agent"]]
            held = await delegations.held_by(self._tx, agent, self._now)
            if all(one.principal.id != organisation for one in held):
                await self._add_delegation(entry, organisation, agent)

    async def staff(self, entries: Entries) -> None:
        """Offices; one whose department or duties differ is appointed anew."""
        for entry in entries:
            person = self.person_ids[entry["key"]]
            at = Place(entry["department"], entry["region"])
            if await self._ended_since(person, at):
                continue  # it stays so
            duties = Duties(tuple(entry["positions"]), tuple(entry["roles"]))
            office, _ = await self._provider.offices.give(self._tx, person, at, duties, by=_ACTOR)
            self.staff_ids[entry["key"]] = office.id

    async def _ended_since(self, person: str, at: Place) -> bool:
        held = await staff.held_by(self._tx, person)
        return any(
            one.status == DEACTIVATED
            and (one.office.department, one.office.region) == (at.department, at.region)
            for one in held
        )

    async def _add_person(self, entry: Mapping[str, Any], name: str) -> str:
        person = new_id("psn")
        await self._provider.people.add(
            self._tx,
            person,
            login_name=name,
            level=entry["level"],
            at=self._now,
            name=contacts.person_name(entry["name"]),
            id_number=identity_number(entry["id_number"], today(self._zone)),
            phone=contacts.phone(entry["phone"]),
            email=contacts.email(entry["email"]),
        )
        event = PersonRegistered(person=person, level=entry["level"])
        await self._provider.records.tell(self._tx, people.people, person, event)
        return person

    async def _add_organisation(self, entry: Mapping[str, Any], code: str) -> str:
        return await self._provider.organisations.register(
            self._tx,
            code=code,
            name=entry["name"],
            representative=self.person_ids[entry["legal_representative"]],
            by=_ACTOR,
        )

    async def _add_delegation(
        self, entry: Mapping[str, Any], organisation: str, agent: str
    ) -> None:
        items = None if entry["items"] == "*" else frozenset(entry["items"])
        until = datetime.combine(
            date.fromisoformat(entry["until"]), _DAY_ENDS, ZoneInfo(self._zone)
        )
        given = Delegation(
            id=new_id("dlg"),
            basis="agent",
            principal=Principal("org", organisation),
            agent=agent,
            items=items,
            valid_from=self._now,
            valid_until=until,
            accepted_at=self._now,
        )
        await self._provider.delegations.record(self._tx, given, by=_ACTOR)
