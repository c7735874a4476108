"""Which page an authorization request needs next: one question, one page, in this order."""

from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.commands.desks import must_choose_desk
from services.identity.commands.levels import lowest
from services.identity.commands.subjects import Subjects
from services.identity.domain.claims import disclosed
from services.identity.domain.clients import Client
from services.identity.domain.grants import AuthorizationRequest
from services.identity.domain.logins import Login
from services.identity.domain.oauth import (
    ConsentRequired,
    InteractionRequired,
    LoginRequired,
    UnmetAuthenticationRequirements,
)
from services.identity.store import clients, consents, delegations
from services.identity.store.interactions import Interaction

# Only for these it matters whether somebody asks for himself or for an organisation.
_FOR_WHOM = frozenset({"cases.apply", "cases.read", "exchange.query"})

Step = Literal["login", "sign-up", "step-up", "consent", "choose", "office", "done"]


class Steps:
    """The questions of the authorization endpoint."""

    def __init__(self, subjects: Subjects) -> None:
        self._subjects = subjects

    async def next(
        self,
        connection: AsyncConnection,
        client: Client | None,
        request: AuthorizationRequest,
        login: Login | None,
        moment: datetime,
        interaction: Interaction | None,
    ) -> Step:
        """The page that is needed now, or `done`; without a client a page of our own asks."""
        who = await self._who(connection, request, login, moment, interaction)
        if who is not None or login is None:
            return who or "login"
        if not reaches(request, login):
            return "step-up"
        if await _must_consent(connection, client, request, login, interaction):
            return "consent"
        if interaction and interaction.chosen_by(login):
            return "done"
        if request.for_the_desk:
            several = await must_choose_desk(connection, request, login, moment)
            return "office" if several else "done"
        choice = await _must_choose(connection, client, request, login, moment)
        return "choose" if choice else "done"

    async def _who(
        self,
        connection: AsyncConnection,
        request: AuthorizationRequest,
        login: Login | None,
        moment: datetime,
        interaction: Interaction | None,
    ) -> Step | None:
        """The page on which the right person logs in; None when he has."""
        asked_at = interaction.asked_at if interaction else moment
        if login is None or must_log_in_again(request, login, asked_at, moment):
            return "sign-up" if "create" in request.prompt and interaction is None else "login"
        if not await self._is_the_one(connection, request, login):
            if interaction is not None and interaction.login == login.id:
                raise LoginRequired("another person logged in than the request is for")
            return "login"
        return None

    async def _is_the_one(
        self, connection: AsyncConnection, request: AuthorizationRequest, login: Login
    ) -> bool:
        """`id_token_hint`, or `sub` in `claims`, names a person: nobody else will do."""
        told = request.told_before
        if told is None:
            return True
        told_to = await clients.find_client(connection, told.client)
        if told_to is None:
            return False
        return await self._subjects.known(connection, told_to, login.person) == told.subject


def must_log_in_again(
    request: AuthorizationRequest, login: Login, asked_at: datetime, moment: datetime
) -> bool:
    """`prompt` and `max_age` want a login made for this request."""
    if login.auth_time >= asked_at:
        return False
    if request.prompt & {"login", "select_account", "create"}:
        return True
    if request.max_age is None:
        return False
    return moment - login.auth_time > timedelta(seconds=request.max_age)


def reaches(request: AuthorizationRequest, login: Login) -> bool:
    """An essential `acr` must be reached; `acr_values` are a wish (Core, section 5.5.1.1)."""
    essential = request.claims.essential_acr
    needed = lowest(essential)
    return not essential or (needed is not None and login.level >= needed)


def check_reachable(request: AuthorizationRequest) -> None:
    """An essential `acr` of which we know no value can never be met."""
    essential = request.claims.essential_acr
    if essential and lowest(essential) is None:
        raise UnmetAuthenticationRequirements("no acr that is essential exists here")


def asked_of(
    client: Client, request: AuthorizationRequest
) -> tuple[frozenset[str], frozenset[str]]:
    """What a person allows: the scopes, and what the client is told of him."""
    return request.scopes, disclosed(request.scopes, request.claims, client.scopes)


def refuse_if_silent(request: AuthorizationRequest, step: Step) -> None:
    """`prompt=none`: no page is shown, whatever would be needed."""
    if "none" not in request.prompt:
        return
    match step:
        case "login" | "sign-up":
            raise LoginRequired("nobody is logged in, or it is another, or too long ago")
        case "consent":
            raise ConsentRequired("the person has not allowed this client what it asks")
        case "step-up":
            raise InteractionRequired("the login must reach a higher level first")
    raise InteractionRequired("the person would have to choose for whom to act, or in which office")


async def _must_consent(
    connection: AsyncConnection,
    client: Client | None,
    request: AuthorizationRequest,
    login: Login,
    interaction: Interaction | None,
) -> bool:
    """A third party is allowed by each person; `prompt=consent` asks each time."""
    if client is None or not client.third_party:
        return False
    if interaction and interaction.consented == login.id:
        return False
    if "consent" in request.prompt:
        return True
    known = await consents.find_consent(connection, login.person, client.id)
    return known is None or not known.covers(*asked_of(client, request))


async def _must_choose(
    connection: AsyncConnection,
    client: Client | None,
    request: AuthorizationRequest,
    login: Login,
    moment: datetime,
) -> bool:
    """For whom: asked of who can act for another, where it matters."""
    if client is None:
        return False
    if "consent" in request.prompt and not client.third_party:
        return True
    if not request.scopes & _FOR_WHOM:
        return False
    return bool(await delegations.held_by(connection, login.person, moment))
