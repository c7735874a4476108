"""Going to the desk: in which office somebody works, and which scopes that opens."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.domain.grants import AuthorizationRequest
from services.identity.domain.logins import Login
from services.identity.domain.oauth import AccessDenied
from services.identity.domain.scopes import homes
from services.identity.domain.staff import Staff
from services.identity.store import grants
from services.identity.store.desks import desks_of
from services.identity.store.roles import all_roles
from shared.clock import now


async def must_choose_desk(
    connection: AsyncConnection, request: AuthorizationRequest, login: Login, moment: datetime
) -> bool:
    """Who has several offices says in which he works; silently it is the last one again."""
    held = await desks_of(connection, login.person, moment)
    if len(held) <= 1:
        return False
    if "none" not in request.prompt:
        return True
    used = await grants.office_used(connection, login.id)
    return used not in {one.choice for one in held}


async def desk_of(
    connection: AsyncConnection, request: AuthorizationRequest, login: Login, chosen: str | None
) -> Staff:
    """The office that was chosen, or the only one."""
    held = await desks_of(connection, login.person, now())
    if not held:
        raise AccessDenied("this account is not staff")
    if chosen is None and len(held) == 1:
        return held[0]
    if chosen is None and "none" in request.prompt:
        chosen = await grants.office_used(connection, login.id)
    found = next((one for one in held if one.choice == chosen), None)
    if found is None:
        raise AccessDenied("the person does not hold this office")
    return found


async def narrowed(
    connection: AsyncConnection, request: AuthorizationRequest, office: Staff, base: str
) -> AuthorizationRequest:
    """The scopes that the roles of the office open, and no others."""
    scopes = request.scopes & office.scopes(await all_roles(connection))
    kept = {f"{base}/api/{service}" for service in homes(scopes)}
    audience = tuple(one for one in request.audience if one in kept)
    return replace(request, scopes=scopes, audience=audience)
