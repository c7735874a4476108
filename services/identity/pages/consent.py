"""Who asks, and what it gets: a third party is allowed by the person, or gets nothing."""

from starlette.requests import Request
from starlette.responses import Response

from services.identity.commands.steps import asked_of
from services.identity.domain.clients import Client
from services.identity.domain.logins import Login
from services.identity.pages.forms import Form
from services.identity.pages.interactions import go_on, login_of, waiting
from services.identity.pages.render import page, provider_of, translator
from services.identity.pages.wording import claims_in_words, host_of, uses_in_words
from services.identity.store import clients
from services.identity.store.interactions import Interaction


async def show_consent(request: Request) -> Response:
    """The question."""
    interaction = await waiting(request)
    login = await login_of(request)
    if login is None:
        return go_on(request, interaction)
    return await _form(request, interaction, login)


async def consent(request: Request) -> Response:
    """The answer yes; no is the way back."""
    interaction = await waiting(request)
    login = await login_of(request)
    if login is None:
        return go_on(request, interaction)
    await Form(request, "consent", f"{interaction.id} {login.id}").fields()
    await provider_of(request).authorize.consent(interaction, login)
    return go_on(request, interaction)


async def _form(request: Request, interaction: Interaction, login: Login) -> Response:
    provider, asked = provider_of(request), interaction.request
    async with provider.db.read() as connection:
        client = await clients.find_client(connection, asked.client)
        person = await provider.people.find(connection, login.person)
    if client is None or person is None:
        return go_on(request, interaction)
    scopes, claims = asked_of(client, asked)
    _ = translator(request)
    form = Form(request, "consent", f"{interaction.id} {login.id}")
    return form.shown(
        page(
            request,
            "consent.html",
            leads_to=asked.redirect_uri,
            token=form.token,
            interaction=interaction.id,
            client=_name(client),
            host=host_of(asked.redirect_uri),
            told=claims_in_words(_, person, claims, client),
            uses=uses_in_words(_, scopes),
        )
    )


def _name(client: Client) -> str:
    return client.name or client.id
