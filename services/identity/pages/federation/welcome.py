"""Who logged in elsewhere and is not known here: has he an account, or does he want one?"""

from starlette.requests import Request
from starlette.responses import Response

from services.identity.commands.federation.trouble import Failed, Strayed
from services.identity.commands.secrets import digest
from services.identity.commands.shown import LoginOver
from services.identity.pages.federation.trouble import show_trouble
from services.identity.pages.forms import Form, browser_of
from services.identity.pages.interactions import (
    arrival_of,
    client_name,
    logged_in,
    redirect,
    waiting,
)
from services.identity.pages.render import page, provider_of, translator
from services.identity.store.interactions import Interaction
from shared.clock import now
from shared.crypto.mask import mask


async def show_welcome(request: Request) -> Response:
    """The question."""
    interaction = await waiting(request)
    provider, browser = provider_of(request), _browser(request)
    async with provider.db.read() as connection:
        found = await provider.federation.visits.told(
            connection, browser, interaction.id, "told", now()
        )
        known = found and await provider.federation.store.find(connection, found[0].upstream)
    if not found or not known:
        raise LoginOver
    name = found[1].fields.get("name")
    form = _form(request, interaction)
    return form.shown(
        page(
            request,
            "welcome.html",
            leads_to=interaction.request.redirect_uri,
            token=form.token,
            label=known.upstream.label(translator(request).language),
            name=mask(name, 1, 0) if name else None,
            interaction=interaction.id,
            client=await client_name(request, interaction),
        )
    )


async def welcome(request: Request) -> Response:
    """The answer: a new account, or logging in once to the one that there is."""
    interaction = await waiting(request)
    fields = await _form(request, interaction).fields()
    federation, browser = provider_of(request).federation, _browser(request)
    try:
        if fields.get("account") == "mine":
            await federation.linking.ask_to_log_in(browser, interaction.id)
            return redirect(f"{provider_of(request).settings.issuer}/login/{interaction.id}")
        arrival = await arrival_of(request, interaction)
        begun = await federation.arriving.open_account(browser, arrival)
    except Strayed:
        raise LoginOver from None
    except Failed as failed:
        return await show_trouble(request, failed)
    return logged_in(request, interaction, begun)


def _browser(request: Request) -> str:
    known = browser_of(request)
    if not known:
        raise LoginOver
    return digest(known)


def _form(request: Request, interaction: Interaction) -> Form:
    return Form(request, "welcome", interaction.id)
