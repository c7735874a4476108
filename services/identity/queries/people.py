"""Reading a person's record: what is shown, and the row in the access log that goes with it."""

from collections.abc import Collection

from services.identity.policy import PersonRecord, PrincipalRecord, policy
from services.identity.store import security_events
from services.identity.store.people import SEALED, People, Person
from shared.access import AccessLog
from shared.auth import Subject
from shared.clock import now
from shared.crypto import mask
from shared.db import Database

_KEPT = {"name": (1, 0), "id_number": (4, 4), "phone": (3, 4), "email": (2, 4)}


class PersonReads:
    """Reads that are decided by the policy and written down."""

    def __init__(self, db: Database, people: People, access: AccessLog) -> None:
        self._db = db
        self._people = people
        self._access = access

    async def of(
        self,
        subject: Subject,
        person: str,
        *,
        purpose: str,
        case: str | None,
        fields: Collection[str],
    ) -> tuple[Person, dict[str, str | None]] | None:
        """Plain values of another's record, logged in the transaction that reads them."""
        decision = policy.check(subject, "read_person", PersonRecord(person), purpose)
        async with self._db.write() as tx:
            found = await self._people.find(tx, person)
            if found is None:
                return None
            await self._access.record(
                tx,
                subject,
                person,
                fields=fields,
                purpose=purpose,
                basis=decision.basis,
                case=case,
            )
            # On the page, without a message: each case is read by several desks.
            facts = {"reader": subject.client_id}
            await security_events.add(tx, person, "data_read", facts, now(), told=True)
        return found, {field: found.open(field) for field in fields}

    async def own(self, subject: Subject, purpose: str, item: str | None = None) -> Person | None:
        """The record of who is asking; in the log he sees what a service asked for him, and each
        client that got his whole numbers, for the form of which item.
        """
        decision = policy.check(subject, "read_person", PersonRecord(subject.sub), purpose)
        if subject.act or purpose == "prefill":
            basis = f"{decision.basis}：填写事项 {item} 的申请表" if item else decision.basis
            async with self._db.write() as tx:
                await self._access.record(
                    tx, subject, subject.sub, fields=SEALED, purpose=purpose, basis=basis
                )
        async with self._db.read() as connection:
            return await self._people.find(connection, subject.sub)

    async def principal(self, subject: Subject, item: str) -> Person | None:
        """The family member for whom somebody acts now; he sees who read him, and for what."""
        behalf = subject.on_behalf_of
        person = behalf.id if behalf is not None else ""
        decision = policy.check(subject, "read_principal", PrincipalRecord(person, item), "prefill")
        basis = f"{decision.basis}：填写事项 {item} 的申请表"
        async with self._db.write() as tx:
            found = await self._people.find(tx, person)
            if found is not None:
                await self._access.record(
                    tx, subject, person, fields=SEALED, purpose="prefill", basis=basis
                )
        return found


def plain(person: Person) -> dict[str, str | None]:
    """Every sealed field as it is."""
    return {field: person.open(field) for field in SEALED}


def masked(person: Person) -> dict[str, str | None]:
    """Every sealed field with its middle covered."""
    shown: dict[str, str | None] = {}
    for field in SEALED:
        value = person.open(field)
        shown[field] = value if field == "name" or value is None else mask(value, *_KEPT[field])
    return shown
