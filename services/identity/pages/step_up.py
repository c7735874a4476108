"""More than this login proves is asked: what would raise its level, and the way there."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from services.identity.commands.levels import lowest
from services.identity.commands.steps import reaches
from services.identity.pages.interactions import client_name, go_on, login_of, waiting
from services.identity.pages.render import page, provider_of, translator


async def show_step_up(request: Request) -> Response:
    """The ways that are open to the person, each on a page that leads back here."""
    interaction = await waiting(request)
    login = await login_of(request)
    needed = lowest(interaction.request.claims.essential_acr)
    if login is None or needed is None or reaches(interaction.request, login):
        return go_on(request, interaction)
    provider = provider_of(request)
    async with provider.db.read() as connection:
        rises = await provider.levels.rises(connection, login, needed)
    english = translator(request).language == "en"
    issuer = provider.settings.issuer
    back = urlencode({"back": f"{issuer}/authorize/{interaction.id}"})
    return page(
        request,
        "step_up.html",
        leads_to=interaction.request.redirect_uri,
        interaction=interaction.id,
        client=await client_name(request, interaction),
        level=login.level,
        needed=needed,
        ways=[
            (rise.en if english else rise.zh, f"{issuer}/{rise.page}?{back}" if rise.page else None)
            for rise in rises
        ],
    )
