"""Reading an organisation."""

from services.identity.domain.delegations import Principal
from services.identity.policy import OrganisationRecord, policy
from services.identity.store import delegations, organisations
from services.identity.store.organisations import Organisation
from shared.auth import Subject
from shared.clock import now
from shared.db import Database


async def organisation_of(db: Database, subject: Subject, organisation: str) -> Organisation | None:
    """The organisation, if the policy lets this subject read it."""
    async with db.read() as connection:
        found = await organisations.find_organisation(connection, organisation)
        given = await delegations.given_for(connection, Principal("org", organisation), now())
    record = OrganisationRecord(
        organisation, frozenset(one.agent for one in given if one.active(now()))
    )
    policy.check(subject, "read_organisation", record, "case")
    return found
