"""Naming agents (经办人) and taking their authority back."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.commands.records import Records
from services.identity.domain.delegations import Delegation, grant, may_revoke
from services.identity.domain.errors import Invalid
from services.identity.events import DelegationGranted, DelegationRevoked, Principal
from services.identity.store import delegations, people
from services.identity.store.people import People
from shared.clock import now
from shared.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a legal representative wants to delegate."""

    organisation: str
    agent: str
    items: Collection[str] | None
    valid_from: datetime | None
    valid_until: datetime


class Delegations:
    """The acts on delegations; each runs in the caller's transaction."""

    def __init__(self, store: People, records: Records) -> None:
        self._people = store
        self._records = records

    async def grant(self, tx: AsyncConnection, granter: str, wish: Wish) -> Delegation:
        """A new delegation by the organisation's legal representative."""
        moment = now()
        if not await people.is_active(tx, wish.agent):
            raise Invalid("agent", "没有这个账号。", "There is no such account.")
        given = grant(
            id_=new_id("dlg"),
            granter=await delegations.representation(tx, granter, wish.organisation, moment),
            organisation=wish.organisation,
            agent=wish.agent,
            items=wish.items,
            valid_from=wish.valid_from or moment,
            valid_until=wish.valid_until,
            now=moment,
        )
        await self.record(tx, given, by=granter)
        return given

    async def record(self, tx: AsyncConnection, delegation: Delegation, *, by: str) -> None:
        """Store an authority with its event and evidence."""
        await delegations.add_delegation(tx, delegation, by=by, at=now())
        items = None if delegation.items is None else sorted(delegation.items)
        event = DelegationGranted(
            delegation=delegation.id,
            basis=delegation.basis,
            principal=Principal(type="org", id=delegation.organisation),
            agent=delegation.agent,
            items=items,
            valid_from=delegation.valid_from,
            valid_until=delegation.valid_until,
        )
        await self._records.tell(tx, delegations.delegations, delegation.id, event)
        await self._records.prove(
            tx, "grant_delegation", delegation.id, by, event.model_dump(mode="json")
        )

    async def revoke(self, tx: AsyncConnection, person: str, id_: str) -> Delegation | None:
        """End a delegation at once; None when this person may not know of it."""
        moment = now()
        held = await delegations.lock_delegation(tx, id_)
        if held is None:
            return None
        granter = await delegations.representation(tx, person, held.organisation, moment)
        if granter is None and person != held.agent:
            return None
        may_revoke(held, person, granter is not None)
        if held.revoked_at is None:
            await self.end(tx, held, by=person)
        return await delegations.find_delegation(tx, id_)

    async def end(self, tx: AsyncConnection, delegation: Delegation, *, by: str) -> None:
        """Store the end of an authority with its event and evidence."""
        await delegations.close_delegation(tx, delegation.id, by=by, at=now())
        event = DelegationRevoked(
            delegation=delegation.id,
            principal=Principal(type="org", id=delegation.organisation),
            agent=delegation.agent,
        )
        await self._records.tell(tx, delegations.delegations, delegation.id, event)
        await self._records.prove(tx, "revoke_delegation", delegation.id, by)
