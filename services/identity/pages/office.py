"""As what (以哪个岗位): which of several offices, or a colleague's whom one fills in for."""

from starlette.requests import Request
from starlette.responses import Response

from services.identity.domain.oauth import AccessDenied
from services.identity.pages.forms import Form
from services.identity.pages.interactions import client_name, go_on, login_of, waiting
from services.identity.pages.render import page, provider_of, translator
from services.identity.queries.desks import desks_shown
from services.identity.store.interactions import Interaction


async def show_office(request: Request) -> Response:
    """The choices; the one of the last time comes first chosen."""
    return await _form(request, await waiting(request))


async def choose_office(request: Request) -> Response:
    """Keep the choice and go on."""
    interaction = await waiting(request)
    login = await login_of(request)
    if login is None:
        return go_on(request, interaction)
    fields = await Form(request, "office", f"{interaction.id} {login.id}").fields()
    try:
        chosen = fields.get("office", "")
        await provider_of(request).authorize.choose(interaction, login, chosen)
    except AccessDenied:
        _ = translator(request)
        return await _form(request, interaction, _("这个岗位已失效，请重新选择。"), 400)
    return go_on(request, interaction)


async def _form(
    request: Request, interaction: Interaction, error: str | None = None, status: int = 200
) -> Response:
    login = await login_of(request)
    if login is None:
        return go_on(request, interaction)
    provider = provider_of(request)
    form = Form(request, "office", f"{interaction.id} {login.id}")
    return form.shown(
        page(
            request,
            "office.html",
            status=status,
            leads_to=interaction.request.redirect_uri,
            token=form.token,
            interaction=interaction.id,
            client=await client_name(request, interaction),
            desks=await desks_shown(provider.db, login.person, login.id),
            error=error,
        )
    )
