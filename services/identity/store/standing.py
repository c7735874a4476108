"""Whether what a grant rests on still stands: login, person, delegation, office."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.domain.delegations import Delegation
from services.identity.domain.grants import Grant
from services.identity.domain.logins import Login
from services.identity.domain.staff import Staff
from services.identity.store import delegations, logins, people
from services.identity.store.desks import desk
from services.identity.store.roles import all_roles


class Fallen(Exception):
    """The grant has lost what it rested on; the reason is for the client's developer."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Whom the tokens of a grant speak of."""

    login: Login
    delegation: Delegation | None
    office: Staff | None


async def standing(connection: AsyncConnection, grant: Grant, now: datetime) -> Standing:
    """Read it anew; Fallen says what has ended since."""
    if grant.revoked_at is not None:
        raise Fallen("the authorization was revoked")
    login = await logins.find_login(connection, grant.login)
    if login is None or not login.open_at(now):
        raise Fallen("the login has ended")
    if not await people.is_active(connection, grant.person):
        raise Fallen("the account is closed")
    return Standing(
        login,
        await _delegation(connection, grant, now),
        await _office(connection, grant, now),
    )


async def _delegation(
    connection: AsyncConnection, grant: Grant, now: datetime
) -> Delegation | None:
    if grant.delegation is None:
        return None
    held = await delegations.held_by(connection, grant.person, now)
    found = next((one for one in held if one.id == grant.delegation), None)
    if found is None:
        raise Fallen("the delegation has ended")
    return found


async def still_open(
    connection: AsyncConnection, stands: Standing, scopes: frozenset[str]
) -> frozenset[str]:
    """Of the scopes of a grant those that the roles of its office open now."""
    if stands.office is None:
        return scopes
    return scopes & stands.office.scopes(await all_roles(connection))


async def _office(connection: AsyncConnection, grant: Grant, now: datetime) -> Staff | None:
    if "staff" not in grant.scopes:
        return None
    office = await desk(connection, grant.person, grant.office, now)
    if office is None:
        raise Fallen("the person no longer holds this office")
    return office
