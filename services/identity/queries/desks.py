"""In which offices somebody can work now, as the page of the login shows them."""

from dataclasses import dataclass

from services.identity.domain.roles import Role
from services.identity.domain.staff import Staff
from services.identity.store import grants
from services.identity.store.desks import desks_of
from services.identity.store.roles import all_roles
from shared.clock import now
from shared.db import Database


@dataclass(frozen=True, slots=True)
class Desk:
    """One choice, with its roles by name."""

    office: Staff
    roles: tuple[Role, ...]
    preselected: bool


async def desks_shown(db: Database, person: str, login: str) -> list[Desk]:
    """The choices; the office that this login used last is preselected, else the oldest."""
    async with db.read() as connection:
        held = await desks_of(connection, person, now())
        used = await grants.office_used(connection, login)
        roles = await all_roles(connection)
    first = next((one.choice for one in held if one.choice == used), None)
    first = first or (held[0].choice if held else None)
    return [
        Desk(
            one,
            tuple(roles[code] for code in one.roles if code in roles),
            one.choice == first,
        )
        for one in held
    ]
