"""For whom (为谁办理): oneself, or an organisation that the person may act for."""

from starlette.requests import Request
from starlette.responses import Response

from services.identity.domain.oauth import AccessDenied
from services.identity.pages.forms import Form
from services.identity.pages.interactions import client_name, go_on, login_of, waiting
from services.identity.pages.render import page, provider_of, translator
from services.identity.queries.choices import choices_of
from services.identity.store.interactions import MYSELF, Interaction


async def show_choose(request: Request) -> Response:
    """The choices, oneself first."""
    return await _form(request, await waiting(request))


async def choose(request: Request) -> Response:
    """Keep the choice and go on."""
    interaction = await waiting(request)
    login = await login_of(request)
    if login is None:
        return go_on(request, interaction)
    fields = await Form(request, "choose", f"{interaction.id} {login.id}").fields()
    try:
        chosen = fields.get("for", MYSELF)
        await provider_of(request).authorize.choose(interaction, login, chosen)
    except AccessDenied:
        _ = translator(request)
        return await _form(request, interaction, _("这项授权已失效，请重新选择。"), 400)
    return go_on(request, interaction)


async def _form(
    request: Request, interaction: Interaction, error: str | None = None, status: int = 200
) -> Response:
    login = await login_of(request)
    if login is None:
        return go_on(request, interaction)
    provider = provider_of(request)
    form = Form(request, "choose", f"{interaction.id} {login.id}")
    return form.shown(
        page(
            request,
            "choose.html",
            status=status,
            leads_to=interaction.request.redirect_uri,
            token=form.token,
            interaction=interaction.id,
            client=await client_name(request, interaction),
            choices=await choices_of(provider.db, provider.people, login.person),
            error=error,
        )
    )
