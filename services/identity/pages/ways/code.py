"""A one-time code by SMS or e-mail instead of a password."""

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.identity.commands.attempts import Wait
from services.identity.commands.receivers import receiver_of
from services.identity.domain.errors import Invalid
from services.identity.domain.ways import EMAIL, SMS
from services.identity.pages.interactions import arrival_of, logged_in, redirect, waiting
from services.identity.pages.render import provider_of, translator
from services.identity.pages.ways.troubles import TROUBLES, Trouble, trouble
from services.identity.pages.ways.way_page import ROOT, WayPage, way_form, way_page
from services.identity.queries.client_address import client_address
from services.identity.store.interactions import Interaction

_LOGIN = "login"


async def show_code(request: Request) -> Response:
    """Where shall the code go? And when one is on its way: what does it say?"""
    interaction = await waiting(request)
    bound = (interaction.id, way_form(request, interaction, "code").browser)
    waits = await provider_of(request).codes.waits(_LOGIN, bound)
    if waits and "again" not in request.query_params:
        return await _typing(request, interaction)
    return await _asking(request, interaction)


async def ask_code(request: Request) -> Response:
    """Send one; the answer is the same whether anybody has this number or not."""
    interaction = await waiting(request)
    form = way_form(request, interaction, "code")
    fields, _ = await form.fields(), translator(request)
    provider, to = provider_of(request), fields.get("to", "")
    try:
        receiver = await receiver_of(
            provider.db, provider.people, to, provider.messages.reaches, _.language
        )
        send = await provider.codes.ask(
            _LOGIN,
            (interaction.id, form.browser),
            receiver,
            client_address(request, provider.settings.trusted_proxies),
        )
    except (Wait, Invalid) as error:
        return await _asking(request, interaction, to, trouble(error, _, ""))
    answer = redirect(f"{provider.settings.issuer}/login/{interaction.id}/code")
    answer.background = BackgroundTask(send)
    return answer


async def use_code(request: Request) -> Response:
    """The code that was read from the phone."""
    interaction = await waiting(request)
    form = way_form(request, interaction, "typed-code")
    fields, _ = await form.fields(), translator(request)
    provider = provider_of(request)
    bound = (interaction.id, form.browser)
    try:
        person, kind = await provider.codes.check(_LOGIN, bound, fields.get("code", ""))
        arrival = await arrival_of(request, interaction)
        async with provider.db.write() as tx:
            way = SMS if kind == "sms" else EMAIL
            entered = await provider.entrance.first(tx, person, way, arrival)
    except TROUBLES as error:
        wrong = trouble(error, _, _("验证码不正确。请检查后重试。"))
        if await provider.codes.waits(_LOGIN, bound):
            return await _typing(request, interaction, wrong)
        return await _asking(request, interaction, "", wrong)
    return logged_in(request, interaction, entered)


async def _asking(
    request: Request, interaction: Interaction, to: str = "", wrong: Trouble | None = None
) -> Response:
    form = way_form(request, interaction, "code")
    reaches = provider_of(request).messages.reaches
    return form.shown(
        await way_page(
            request,
            interaction,
            "code_asking.html",
            here="code",
            status=wrong.status if wrong else 200,
            retry_after=wrong.retry_after if wrong else None,
            token=form.token,
            to=to[:200],
            email="email" in reaches,
            error=wrong.text if wrong else None,
        )
    )


async def _typing(
    request: Request, interaction: Interaction, wrong: Trouble | None = None
) -> Response:
    form = way_form(request, interaction, "typed-code")
    return form.shown(
        await way_page(
            request,
            interaction,
            "code_typing.html",
            here="code",
            status=wrong.status if wrong else 200,
            retry_after=wrong.retry_after if wrong else None,
            token=form.token,
            error=wrong.text if wrong else None,
        )
    )


PAGE = WayPage(
    "code",
    lambda _: _("验证码"),
    (
        Route(f"{ROOT}/code", show_code, methods=["GET"]),
        Route(f"{ROOT}/code", ask_code, methods=["POST"]),
        Route(f"{ROOT}/code/typed", use_code, methods=["POST"]),
        # Who reloads the page after a wrong code asks for it by GET.
        Route(f"{ROOT}/code/typed", show_code, methods=["GET"]),
    ),
    lambda provider, interaction: (
        bool(provider.messages.reaches) and not interaction.request.for_the_desk
    ),
)
