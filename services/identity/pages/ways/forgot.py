"""A forgotten password: two facts of the account, a code to its phone, and a new one."""

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.identity.commands.attempts import Wait
from services.identity.commands.receivers import phone_of
from services.identity.domain.errors import Invalid
from services.identity.domain.passwords import SHORTEST
from services.identity.pages.interactions import redirect, waiting
from services.identity.pages.render import provider_of, translator
from services.identity.pages.ways.troubles import TROUBLES, Trouble, trouble
from services.identity.pages.ways.way_page import ROOT, way_form, way_page
from services.identity.queries.client_address import client_address
from services.identity.store.interactions import Interaction

_FORGOT = "forgot"


async def show_forgot(request: Request) -> Response:
    """Whose account? And when a code is on its way: what does it say?"""
    interaction = await waiting(request)
    bound = (interaction.id, way_form(request, interaction, _FORGOT).browser)
    waits = await provider_of(request).codes.waits(_FORGOT, bound)
    if waits and "again" not in request.query_params:
        return await _setting(request, interaction)
    return await _asking(request, interaction)


async def ask_forgot(request: Request) -> Response:
    """Send a code when account and phone belong together; the answer is always the same."""
    interaction = await waiting(request)
    form = way_form(request, interaction, _FORGOT)
    fields, _ = await form.fields(), translator(request)
    provider = provider_of(request)
    try:
        receiver = await phone_of(
            provider.db,
            provider.people,
            fields.get("username", ""),
            fields.get("phone", ""),
            _.language,
        )
        send = await provider.codes.ask(
            _FORGOT,
            (interaction.id, form.browser),
            receiver,
            client_address(request, provider.settings.trusted_proxies),
        )
    except (Wait, Invalid) as error:
        return await _asking(request, interaction, fields, trouble(error, _, ""))
    answer = redirect(f"{provider.settings.issuer}/login/{interaction.id}/forgot")
    answer.background = BackgroundTask(send)
    return answer


async def set_password(request: Request) -> Response:
    """The code and the new password together; then an ordinary login with it."""
    interaction = await waiting(request)
    form = way_form(request, interaction, "new-password")
    fields, _ = await form.fields(), translator(request)
    provider, bound = provider_of(request), (interaction.id, form.browser)
    try:
        new = await provider.change_password.taken(fields.get("new", ""))
        person, _kind = await provider.codes.check(_FORGOT, bound, fields.get("code", ""))
        await provider.change_password.forgotten(person, new)
    except TROUBLES as error:
        wrong = trouble(error, _, _("验证码不正确。请检查后重试。"))
        if await provider.codes.waits(_FORGOT, bound):
            return await _setting(request, interaction, wrong)
        return await _asking(request, interaction, fields, wrong)
    return redirect(f"{provider.settings.issuer}/login/{interaction.id}?new-password")


async def _asking(
    request: Request,
    interaction: Interaction,
    typed: dict[str, str] | None = None,
    wrong: Trouble | None = None,
) -> Response:
    form = way_form(request, interaction, _FORGOT)
    return form.shown(
        await way_page(
            request,
            interaction,
            "forgot_asking.html",
            here="forgot",
            status=wrong.status if wrong else 200,
            retry_after=wrong.retry_after if wrong else None,
            token=form.token,
            username=(typed or {}).get("username", "")[:200],
            phone=(typed or {}).get("phone", "")[:20],
            error=wrong.text if wrong else None,
        )
    )


async def _setting(
    request: Request, interaction: Interaction, wrong: Trouble | None = None
) -> Response:
    form = way_form(request, interaction, "new-password")
    return form.shown(
        await way_page(
            request,
            interaction,
            "forgot_setting.html",
            here="forgot",
            status=wrong.status if wrong else 200,
            retry_after=wrong.retry_after if wrong else None,
            token=form.token,
            shortest=SHORTEST,
            error=wrong.text if wrong else None,
        )
    )


ROUTES = (
    Route(f"{ROOT}/forgot", show_forgot, methods=["GET"]),
    Route(f"{ROOT}/forgot", ask_forgot, methods=["POST"]),
    Route(f"{ROOT}/forgot/set", set_password, methods=["POST"]),
    Route(f"{ROOT}/forgot/set", show_forgot, methods=["GET"]),
)
