"""Organisations that become known, and the authority of their legal representatives."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.commands.delegations import Delegations
from services.identity.commands.records import Records
from services.identity.domain.delegations import Delegation, Principal
from services.identity.events import OrganisationRegistered
from services.identity.store import organisations
from shared.clock import now
from shared.ids import new_id


class Organisations:
    """The acts on organisations; each runs in the caller's transaction."""

    def __init__(self, records: Records, delegations: Delegations) -> None:
        self._records = records
        self._delegations = delegations

    async def register(
        self, tx: AsyncConnection, *, code: str, name: str, representative: str, by: str
    ) -> str:
        """Store an organisation, whose legal representative acts for it from now on."""
        organisation, moment = new_id("org"), now()
        await organisations.add_organisation(
            tx, organisation, code=code, name=name, legal_representative=representative, at=moment
        )
        event = OrganisationRegistered(
            organisation=organisation, legal_representative=representative
        )
        await self._records.tell(tx, organisations.organisations, organisation, event)
        facts = {"code": code, "legal_representative": representative}
        await self._records.prove(tx, "register_organisation", organisation, by, facts)
        by_law = Delegation(
            id=new_id("dlg"),
            basis="legal_representative",
            principal=Principal("org", organisation),
            agent=representative,
            items=None,
            valid_from=moment,
            valid_until=None,
            accepted_at=moment,
        )
        await self._delegations.record(tx, by_law, by=by)
        return organisation
