"""Opening an account: three fields, and it works at once."""

from starlette.requests import Request
from starlette.responses import Response

from services.identity.commands.attempts import Wait
from services.identity.commands.passwords import TooBusy
from services.identity.commands.siege import WorkNeeded
from services.identity.domain.errors import Invalid, RuleBroken
from services.identity.pages.forms import Form
from services.identity.pages.interactions import arrival_of, go_on, logged_in, waiting
from services.identity.pages.render import page, provider_of, translator
from services.identity.queries.client_address import client_address
from services.identity.store.interactions import Interaction

_FIELDS = ("login_name", "phone", "password")


async def show_sign_up(request: Request) -> Response:
    """An empty form."""
    return await _form(request, await waiting(request))


async def sign_up(request: Request) -> Response:
    """A new account, logged in, and on with what the person came for."""
    interaction = await waiting(request)
    fields = await Form(request, "sign_up", interaction.id).fields()
    typed = {name: fields.get(name, "") for name in _FIELDS}
    _ = translator(request)
    try:
        await _register(request, typed)
    except RuleBroken as broken:
        text = broken.en if _.language == "en" else broken.zh
        field = broken.field if isinstance(broken, Invalid) else "login_name"
        return await _form(request, interaction, typed, text, field, 400)
    except Wait as wait:
        text = _("尝试次数太多，请在 {seconds} 秒后再试。", seconds=wait.seconds)
        return await _form(request, interaction, typed, text, "login_name", 429)
    except TooBusy:
        text = _("现在登录的人很多，请稍后再试。")
        return await _form(request, interaction, typed, text, "login_name", 503)
    provider = provider_of(request)
    try:
        begun = await provider.log_in(
            username=typed["login_name"],
            password=typed["password"],
            arrival=await arrival_of(request, interaction),
        )
    except (Wait, TooBusy, WorkNeeded):
        return go_on(request, interaction)  # the account is there: the login page says when
    return logged_in(request, interaction, begun)


async def _register(request: Request, typed: dict[str, str]) -> None:
    provider = provider_of(request)
    await provider.register_person(
        login_name=typed["login_name"],
        phone=typed["phone"],
        password=typed["password"],
        address=client_address(request, provider.settings.trusted_proxies),
    )


async def _form(
    request: Request,
    interaction: Interaction,
    typed: dict[str, str] | None = None,
    error: str | None = None,
    field: str | None = None,
    status: int = 200,
) -> Response:
    form = Form(request, "sign_up", interaction.id)
    return form.shown(
        page(
            request,
            "sign_up.html",
            status=status,
            leads_to=interaction.request.redirect_uri,
            token=form.token,
            interaction=interaction.id,
            typed=typed or dict.fromkeys(_FIELDS, ""),
            error=error,
            field=field,
        )
    )
