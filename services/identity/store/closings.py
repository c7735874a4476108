"""Accounts that are to be closed, and what is erased when they are."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Table, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.store.challenges import challenges
from services.identity.store.consents import consents
from services.identity.store.delegations import delegations
from services.identity.store.devices import devices
from services.identity.store.entrustments import entrustments
from services.identity.store.grants import grants
from services.identity.store.logins import logins
from services.identity.store.logout_notices import logout_notices
from services.identity.store.metadata import metadata
from services.identity.store.organisations import organisations
from services.identity.store.passkeys import passkeys
from services.identity.store.people import passwords, people
from services.identity.store.proofs import confirmations, proofs
from services.identity.store.second_factors import code_apps, recovery_codes
from services.identity.store.security_events import security_events
from services.identity.store.staff import staff
from services.identity.store.subjects import pairwise_subjects
from services.identity.store.upstream_visits import upstream_visits
from services.identity.store.upstreams import upstream_links
from shared.db import Key, UTCDateTime

closings = Table(
    "closings",
    metadata,
    Column("person", Key(40), ForeignKey("people.id"), primary_key=True),
    Column("asked_at", UTCDateTime, nullable=False),
    Column("due_at", UTCDateTime, nullable=False, index=True),
)

# The retention table of identity: what goes with the account, and what stays, and why.
ERASED = (
    security_events,
    passwords,
    passkeys,
    code_apps,
    recovery_codes,
    devices,
    challenges,
    confirmations,
    upstream_links,
    consents,
    pairwise_subjects,
    closings,
)
KEPT = {
    people: "the opaque id, which cases and evidence name; every other field is emptied",
    logins: "ended; dropped with the last token that could rest on them",
    proofs: "means, time and basis, without any fact (国办函〔2016〕108号)",
    delegations: "who acted for whom by opaque ids: acts rest on it (民法典第一百七十二条)",
    grants: "closed with the login; dropped with the last token that could rest on them",
    logout_notices: "dropped when the clients have been told",
    upstream_visits: "dropped after minutes",
    entrustments: "the masked name is emptied; that it was asked and answered stays",
    organisations: "a legal representative cannot close the account before another follows",
    staff: "an office must end before the account does",
}
_EMPTY = (
    *("login_name", "name", "id_number", "id_number_index", "phone", "phone_index"),
    *("email", "email_index"),
)


async def put_closing(
    tx: AsyncConnection, person: str, asked_at: datetime, due_at: datetime
) -> None:
    """Remember that somebody wants to leave."""
    await take_closing(tx, person)
    row = {"person": person, "asked_at": asked_at, "due_at": due_at}
    await tx.execute(insert(closings).values(row))


async def take_closing(tx: AsyncConnection, person: str) -> bool:
    """Forget it; False when there was none."""
    done = await tx.execute(delete(closings).where(closings.c.person == person))
    return bool(done.rowcount)


async def closing_of(connection: AsyncConnection, person: str) -> datetime | None:
    """When the account will be closed, if that was asked for."""
    query = select(closings.c.due_at).where(closings.c.person == person)
    found: datetime | None = await connection.scalar(query)
    return found


async def due_closings(connection: AsyncConnection, now: datetime) -> list[str]:
    """Whose time has come."""
    query = select(closings.c.person).where(closings.c.due_at <= now).order_by(closings.c.due_at)
    return list(await connection.scalars(query))


async def represents(connection: AsyncConnection, person: str) -> bool:
    """Whether an organisation still has this legal representative."""
    query = select(organisations.c.id).where(
        organisations.c.legal_representative == person, organisations.c.status == "active"
    )
    return (await connection.execute(query.limit(1))).first() is not None


async def erase_person(tx: AsyncConnection, person: str, at: datetime) -> None:
    """Leave an opaque id and nothing else."""
    for table in ERASED:
        await tx.execute(delete(table).where(table.c.person == person))
    masked = update(entrustments).where(entrustments.c.person == person)
    await tx.execute(masked.values(shown=""))
    empty: dict[str, Any] = dict.fromkeys(_EMPTY)
    emptied = update(people).where(people.c.id == person)
    await tx.execute(
        emptied.values(status="closed", version=people.c.version + 1, changed_at=at, **empty)
    )
