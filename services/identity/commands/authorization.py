"""From a checked authorization request to its code: who logs in, for whom, and what follows."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.commands.secrets import digest, new_secret
from services.identity.domain.grants import (
    CODE_LIFETIME,
    INTERACTION_LIFETIME,
    OWN_PAGES,
    AuthorizationRequest,
    Code,
    Grant,
)
from services.identity.domain.logins import Login
from services.identity.domain.oauth import (
    AccessDenied,
    InteractionRequired,
    LoginRequired,
)
from services.identity.domain.scopes import homes
from services.identity.domain.staff import Staff
from services.identity.store import delegations, grants, interactions
from services.identity.store.desks import desks_of
from services.identity.store.interactions import MYSELF, Interaction
from services.identity.store.roles import all_roles
from shared.clock import now
from shared.db import Database
from shared.ids import new_id

# Only for these it matters whether somebody asks for himself or for an organisation.
_FOR_WHOM = frozenset({"cases.apply", "cases.read", "exchange.query"})

Step = Literal["login", "choose", "office", "done", "page"]


@dataclass(frozen=True, slots=True)
class Next:
    """What comes next: a page for this interaction, the code, or the page of our own that asked."""

    step: Step
    value: str


class Authorize:
    """Takes an authorization request from step to step."""

    def __init__(self, db: Database, base: str) -> None:
        self._db = db
        self._base = base

    async def begin(self, request: AuthorizationRequest, login: Login | None) -> Next:
        """The code at once when nothing must be asked, else an interaction and its first page."""
        moment = now()
        async with self._db.write() as tx:
            step = await self._step(tx, request, login, moment, None)
            if step == "done" and login is not None:
                return Next("done", await self._code(tx, request, login, None, moment))
            _refuse_if_silent(request, step)
            interaction = new_secret()
            await interactions.add_interaction(
                tx, interaction, request, at=moment, expires_at=moment + INTERACTION_LIFETIME
            )
        return Next(step, interaction)

    async def resume(self, interaction: Interaction, login: Login | None) -> Next:
        """The next page of an interaction, or the code, which ends it."""
        moment = now()
        request = interaction.request
        async with self._db.write() as tx:
            step = await self._step(tx, request, login, moment, interaction)
            if step != "done" or login is None:
                return Next(step, interaction.id)
            if not await interactions.take_interaction(tx, interaction.id):
                return Next("login", interaction.id)
            if request.for_own_pages:
                return Next("page", request.redirect_uri)
            chosen = None if interaction.chosen == MYSELF else interaction.chosen
            return Next("done", await self._code(tx, request, login, chosen, moment))

    async def enter(self, back: str, max_age: timedelta | None) -> str:
        """An interaction without a client: log in, not longer ago than this, for a page of ours."""
        interaction, moment = new_secret(), now()
        request = AuthorizationRequest(
            client=OWN_PAGES,
            redirect_uri=back,
            scopes=frozenset(),
            audience=(),
            challenge="",
            max_age=None if max_age is None else int(max_age.total_seconds()),
        )
        async with self._db.write() as tx:
            await interactions.add_interaction(
                tx, interaction, request, at=moment, expires_at=moment + INTERACTION_LIFETIME
            )
        return interaction

    async def choose(self, interaction: Interaction, login: Login, chosen: str) -> None:
        """Store for whom the person acts, `myself` or a delegation that he holds; or as what."""
        async with self._db.write() as tx:
            if interaction.request.for_the_desk:
                await self._desk(tx, interaction.request, login, chosen)
            elif chosen != MYSELF:
                held = await delegations.held_by(tx, login.person, now())
                if chosen not in {one.id for one in held}:
                    raise AccessDenied("the person does not hold this delegation")
            await interactions.chosen_for(tx, interaction.id, login.id, chosen)

    async def cancel(self, interaction: Interaction) -> None:
        """Forget a request that the person does not want."""
        async with self._db.write() as tx:
            await interactions.take_interaction(tx, interaction.id)

    async def _step(
        self,
        connection: AsyncConnection,
        request: AuthorizationRequest,
        login: Login | None,
        moment: datetime,
        interaction: Interaction | None,
    ) -> Step:
        asked_at = interaction.asked_at if interaction else moment
        if login is None or _must_log_in_again(request, login, asked_at, moment):
            return "login"
        if interaction and interaction.chosen and interaction.login == login.id:
            return "done"
        if request.for_the_desk:
            return await self._step_to_the_desk(connection, request, login, moment)
        if "consent" in request.prompt:
            return "choose"
        if not request.scopes & _FOR_WHOM:
            return "done"
        return "choose" if await delegations.held_by(connection, login.person, moment) else "done"

    async def _code(
        self,
        tx: AsyncConnection,
        request: AuthorizationRequest,
        login: Login,
        chosen: str | None,
        moment: datetime,
    ) -> str:
        office = None
        if request.for_the_desk:
            office = await self._desk(tx, request, login, chosen)
            request = await self._narrowed(tx, request, office)
        grant = Grant(
            id=new_id("grt"),
            client=request.client,
            person=login.person,
            login=login.id,
            delegation=None if office else chosen,
            office=office.choice if office else None,
            scopes=request.scopes,
            audience=request.audience,
            nonce=request.nonce,
            created_at=moment,
        )
        await grants.add_grant(tx, grant)
        code = new_secret()
        await grants.add_code(
            tx,
            digest(code),
            Code(
                grant=grant.id,
                client=request.client,
                redirect_uri=request.redirect_uri,
                challenge=request.challenge,
                dpop_jkt=request.dpop_jkt,
                expires_at=moment + CODE_LIFETIME,
            ),
        )
        return code

    async def _step_to_the_desk(
        self,
        connection: AsyncConnection,
        request: AuthorizationRequest,
        login: Login,
        moment: datetime,
    ) -> Step:
        """Who has several offices says in which he works; silently it is the last one again."""
        held = await desks_of(connection, login.person, moment)
        if len(held) <= 1:
            return "done"
        if "none" in request.prompt:
            used = await grants.office_used(connection, login.id)
            return "done" if used in {one.choice for one in held} else "office"
        return "office"

    async def _desk(
        self,
        connection: AsyncConnection,
        request: AuthorizationRequest,
        login: Login,
        chosen: str | None,
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

    async def _narrowed(
        self, connection: AsyncConnection, request: AuthorizationRequest, office: Staff
    ) -> AuthorizationRequest:
        """For the desk: the scopes that the roles of the office open, and no others."""
        scopes = request.scopes & office.scopes(await all_roles(connection))
        kept = {f"{self._base}/api/{service}" for service in homes(scopes)}
        audience = tuple(one for one in request.audience if one in kept)
        return replace(request, scopes=scopes, audience=audience)


def _must_log_in_again(
    request: AuthorizationRequest, login: Login, asked_at: datetime, moment: datetime
) -> bool:
    """`prompt=login`, `select_account` and `max_age` want a login made for this request."""
    if login.auth_time >= asked_at:
        return False
    if request.prompt & {"login", "select_account"}:
        return True
    if request.max_age is None:
        return False
    return moment - login.auth_time > timedelta(seconds=request.max_age)


def _refuse_if_silent(request: AuthorizationRequest, step: Step) -> None:
    """`prompt=none`: no page is shown, whatever would be needed."""
    if "none" not in request.prompt:
        return
    if step == "login":
        raise LoginRequired("nobody is logged in, or the login is too old")
    raise InteractionRequired("the person would have to choose for whom to act, or in which office")
