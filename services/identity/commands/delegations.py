"""Naming agents (经办人), accepting it, and taking their authority back."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.commands.records import Records
from services.identity.domain.delegations import (
    Delegation,
    Principal,
    grant,
    may_accept,
    may_revoke,
)
from services.identity.domain.errors import Invalid
from services.identity.events import DelegationGranted, DelegationRevoked
from services.identity.events import Principal as Told
from services.identity.store import delegations, people
from services.identity.store.people import People
from shared.clock import now
from shared.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What an organisation's representative wants to delegate."""

    organisation: str
    agent: str
    items: Collection[str] | None
    valid_from: datetime | None
    valid_until: datetime
    may_delegate: bool = False


class Delegations:
    """The acts on delegations; each runs in the caller's transaction."""

    def __init__(self, store: People, records: Records) -> None:
        self._people = store
        self._records = records

    async def grant(self, tx: AsyncConnection, granter: str, wish: Wish) -> Delegation:
        """An offer by who may name the organisation's agents; it holds when the agent accepts."""
        moment = now()
        if not await people.is_active(tx, wish.agent):
            raise Invalid("agent", "没有这个账号。", "There is no such account.")
        principal = Principal("org", wish.organisation)
        given = grant(
            id_=new_id("dlg"),
            granter=await delegations.granting(tx, granter, principal, moment),
            agent=wish.agent,
            items=wish.items,
            valid_from=wish.valid_from or moment,
            valid_until=wish.valid_until,
            may_delegate=wish.may_delegate,
            now=moment,
        )
        await self.record(tx, given, by=granter)
        await self._records.note(tx, given.agent, "delegation_offered", moment)
        return given

    async def record(
        self, tx: AsyncConnection, delegation: Delegation, *, by: str, **facts: object
    ) -> None:
        """Store an authority with its evidence; others learn of one that was accepted."""
        await delegations.add_delegation(tx, delegation, by=by, at=now())
        told = _told(delegation)
        await self._records.prove(
            tx, "grant_delegation", delegation.id, by, told.model_dump(mode="json") | facts
        )
        if delegation.accepted_at is not None:
            await self._records.tell(tx, delegations.delegations, delegation.id, told)

    async def accept(self, tx: AsyncConnection, person: str, id_: str) -> Delegation | None:
        """The agent takes it; None when it is not his to know of."""
        moment = now()
        held = await delegations.lock_delegation(tx, id_)
        if held is None or held.agent != person:
            return None
        may_accept(held, person, moment)
        if held.accepted_at is None:
            await delegations.accept_delegation(tx, id_, moment)
            await self._records.tell(tx, delegations.delegations, id_, _told(held))
            await self._records.prove(tx, "accept_delegation", id_, person)
            await self._note(tx, held, "delegation_granted", moment)
        return await delegations.find_delegation(tx, id_)

    async def revoke(self, tx: AsyncConnection, person: str, id_: str) -> Delegation | None:
        """End a delegation at once; None when this person may not know of it."""
        held = await delegations.lock_delegation(tx, id_)
        if held is None:
            return None
        represents = await self._represents(tx, person, held)
        if not represents and person != held.agent:
            return None
        may_revoke(held, person, represents)
        if held.revoked_at is None:
            await self.end(tx, held, by=person)
        return await delegations.find_delegation(tx, id_)

    async def end(self, tx: AsyncConnection, delegation: Delegation, *, by: str) -> None:
        """Store the end of an authority, and of what was given on under it."""
        moment = now()
        await delegations.close_delegation(tx, delegation.id, by=by, at=moment)
        event = DelegationRevoked(
            delegation=delegation.id,
            principal=Told(type=delegation.principal.type, id=delegation.principal.id),
            agent=delegation.agent,
        )
        await self._records.tell(tx, delegations.delegations, delegation.id, event)
        await self._records.prove(tx, "revoke_delegation", delegation.id, by)
        await self._note(tx, delegation, "delegation_revoked", now())
        for below in await delegations.given_under(tx, delegation.id, moment):
            await self.end(tx, below, by=by)

    async def _note(
        self, tx: AsyncConnection, delegation: Delegation, kind: str, moment: datetime
    ) -> None:
        """Tell the agent, and the person for whom he acts."""
        told = {delegation.agent}
        if delegation.principal.type == "person":
            told.add(delegation.principal.id)
        for person in sorted(told):
            await self._records.note(tx, person, kind, moment)

    async def _represents(self, tx: AsyncConnection, person: str, held: Delegation) -> bool:
        """The person himself, who represents the organisation, and who gave it on."""
        if held.principal == Principal("person", person):
            return True
        granter = await delegations.granting(tx, person, held.principal, now())
        if granter is None:
            return False
        return granter.basis == "legal_representative" or held.under == granter.id


def _told(delegation: Delegation) -> DelegationGranted:
    return DelegationGranted(
        delegation=delegation.id,
        basis=delegation.basis,
        principal=Told(type=delegation.principal.type, id=delegation.principal.id),
        agent=delegation.agent,
        items=None if delegation.items is None else sorted(delegation.items),
        valid_from=delegation.valid_from,
        valid_until=delegation.valid_until,
    )
