"""The delegations that a person holds, is offered, and gave."""

from dataclasses import dataclass

from services.identity.domain.delegations import Delegation, Principal
from services.identity.store import delegations
from shared.clock import now
from shared.db import Database


@dataclass(frozen=True, slots=True)
class Delegated:
    """Whom he acts for, what he was asked to, and who acts for him or for what he represents."""

    held: list[Delegation]
    offered: list[Delegation]
    given: list[Delegation]


async def delegations_of(db: Database, person: str) -> Delegated:
    """All that still stands; of an organisation an agent sees only what he gave on himself."""
    moment = now()
    async with db.read() as connection:
        held = await delegations.held_by(connection, person, moment)
        offered = await delegations.offered_to(connection, person, moment)
        given = await delegations.given_for(connection, Principal("person", person), moment)
        for mine in held:
            if mine.basis == "legal_representative":
                found = await delegations.given_for(connection, mine.principal, moment)
                given += [one for one in found if one.basis == "agent"]
            elif mine.grants:
                given += await delegations.given_under(connection, mine.id, moment)
    return Delegated(held, offered, given)
