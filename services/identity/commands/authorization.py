"""From a checked authorization request to its code: who logs in, for whom, and what follows."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.commands.consents import Consents
from services.identity.commands.desks import desk_of, narrowed
from services.identity.commands.helped import only_the_matter
from services.identity.commands.secrets import digest, new_secret
from services.identity.commands.steps import Step, Steps, asked_of, refuse_if_silent
from services.identity.commands.subjects import Subjects
from services.identity.domain.clients import Client
from services.identity.domain.grants import (
    CODE_LIFETIME,
    INTERACTION_LIFETIME,
    OWN_PAGES,
    AuthorizationRequest,
    Code,
    Grant,
)
from services.identity.domain.logins import Login
from services.identity.domain.oauth import AccessDenied, UnauthorizedClient
from services.identity.domain.only_login import OnlyLogin
from services.identity.store import clients, delegations, grants, interactions
from services.identity.store.interactions import MYSELF, Interaction, LoginHints
from shared.clock import now
from shared.db import Database
from shared.ids import new_id


@dataclass(frozen=True, slots=True)
class Next:
    """What comes next: a page for this interaction, the code, or the page of our own that asked."""

    step: Step | Literal["page"]
    value: str


class Authorize:
    """Takes an authorization request from step to step."""

    def __init__(
        self,
        db: Database,
        base: str,
        steps: Steps,
        subjects: Subjects,
        consents: Consents,
        hints: LoginHints,
        only: OnlyLogin,
    ) -> None:
        self._db = db
        self._only = only
        self._base = base
        self._steps = steps
        self._subjects = subjects
        self._consents = consents
        self._hints = hints

    async def begin(self, request: AuthorizationRequest, login: Login | None) -> Next:
        """The code at once when nothing must be asked, else an interaction and its first page."""
        moment = now()
        async with self._db.write() as tx:
            client = await _client(tx, request)
            step = await self._steps.next(tx, client, request, login, moment, None)
            if step == "done" and login is not None:
                return Next("done", await self._code(tx, client, request, login, None, moment))
            if step != "login" or self._only.takes(desk=request.for_the_desk) is None:
                refuse_if_silent(request, step)
            interaction = new_secret()
            await interactions.add_interaction(
                tx,
                interaction,
                request,
                at=moment,
                expires_at=moment + INTERACTION_LIFETIME,
                sealed_hint=self._hints.seal(interaction, request.login_hint),
            )
        return Next(step, interaction)

    async def resume(self, interaction: Interaction, login: Login | None) -> Next:
        """The next page of an interaction, or the code, which ends it."""
        moment = now()
        request = interaction.request
        async with self._db.write() as tx:
            client = None if request.for_own_pages else await _client(tx, request)
            step = await self._steps.next(tx, client, request, login, moment, interaction)
            if step != "done" or login is None:
                refuse_if_silent(request, step)
                return Next(step, interaction.id)
            if not await interactions.take_interaction(tx, interaction.id):
                return Next("login", interaction.id)
            if client is None:
                return Next("page", request.redirect_uri)
            chosen = None if interaction.chosen == MYSELF else interaction.chosen
            return Next("done", await self._code(tx, client, request, login, chosen, moment))

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
                await desk_of(tx, interaction.request, login, chosen)
            elif chosen != MYSELF:
                held = await delegations.held_by(tx, login.person, now())
                if chosen not in {one.id for one in held}:
                    raise AccessDenied("the person does not hold this delegation")
            await interactions.chosen_for(tx, interaction.id, login.id, chosen)

    async def consent(self, interaction: Interaction, login: Login) -> None:
        """Store that the person allows the client what the request asks, now and again."""
        async with self._db.write() as tx:
            client = await _client(tx, interaction.request)
            scopes, claims = asked_of(client, interaction.request)
            await self._consents.give(tx, login.person, client.id, scopes, claims)
            await interactions.consented_by(tx, interaction.id, login.id)

    async def cancel(self, interaction: Interaction) -> None:
        """Forget a request that the person does not want."""
        async with self._db.write() as tx:
            await interactions.take_interaction(tx, interaction.id)

    def login_hint(self, interaction: Interaction) -> str:
        """As whom the client says that the person will log in."""
        return self._hints.open(interaction)

    async def _code(
        self,
        tx: AsyncConnection,
        client: Client,
        request: AuthorizationRequest,
        login: Login,
        chosen: str | None,
        moment: datetime,
    ) -> str:
        office = None
        if login.helped_by:
            request = only_the_matter(request, self._base)
        if request.for_the_desk:
            office = await desk_of(tx, request, login, chosen)
            request = await narrowed(tx, request, office, self._base)
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
            subject=await self._subjects.tell(tx, client, login.person),
            claims=request.claims,
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


async def _client(connection: AsyncConnection, request: AuthorizationRequest) -> Client:
    client = await clients.find_client(connection, request.client)
    if client is None:
        raise UnauthorizedClient("the client is no longer registered")
    return client
