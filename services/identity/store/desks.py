"""Where somebody can work now: his offices, and those that he fills as a deputy."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.domain.deputations import Deputation, filled_by
from services.identity.domain.staff import Staff
from services.identity.store import deputations, staff
from services.identity.store.roles import all_roles


async def desks_of(connection: AsyncConnection, person: str, now: datetime) -> list[Staff]:
    """The offices of a person, the oldest first, then those in which he is a deputy."""
    offices = await staff.offices_of(connection, person, now)
    filled = [
        await _filled(connection, one, now)
        for office in offices
        for one in await deputations.open_around(connection, office.id)
        if one.deputy == office.id
    ]
    return [*offices, *(one for one in filled if one is not None)]


async def desk(
    connection: AsyncConnection, person: str, choice: str | None, now: datetime
) -> Staff | None:
    """The office or deputation that was chosen, if it still holds."""
    if choice is None:
        return None
    if choice.startswith("dpt_"):
        deputation = await deputations.find_deputation(connection, choice)
        found = await _filled(connection, deputation, now) if deputation else None
    else:
        found = await _active(connection, choice, now)
    return found if found is not None and found.person == person else None


async def _filled(connection: AsyncConnection, held: Deputation, now: datetime) -> Staff | None:
    if not held.active(now):
        return None
    office = await _active(connection, held.office, now)
    deputy = await _active(connection, held.deputy, now)
    if office is None or deputy is None:
        return None
    own = await roles_of(connection, deputy.person, now)
    return filled_by(held, office, deputy, own, await all_roles(connection))


async def roles_of(connection: AsyncConnection, person: str, now: datetime) -> frozenset[str]:
    """The roles that a person has in any office."""
    offices = await staff.offices_of(connection, person, now)
    return frozenset(role for office in offices for role in office.roles)


async def _active(connection: AsyncConnection, id_: str, now: datetime) -> Staff | None:
    held = await staff.find_staff(connection, id_)
    return held.office if held and held.active and not held.office.over(now) else None
