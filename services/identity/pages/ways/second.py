"""The second proof, asked for after a password or a code where the account has one."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.identity.commands.entrance import Expired
from services.identity.pages.interactions import arrival_of, logged_in, redirect, waiting
from services.identity.pages.render import provider_of, translator
from services.identity.pages.ways.troubles import TROUBLES, Trouble, trouble
from services.identity.pages.ways.way_page import ROOT, way_form, way_page
from services.identity.store.interactions import Interaction


async def show_second(request: Request) -> Response:
    """The question; without one waiting, back to the first proof."""
    interaction = await waiting(request)
    arrival = await arrival_of(request, interaction)
    if not await provider_of(request).entrance.waits(arrival):
        return _first(request, interaction)
    return await _form(request, interaction)


async def answer_second(request: Request) -> Response:
    """A code of the app, or a recovery code."""
    interaction = await waiting(request)
    fields = await way_form(request, interaction, "second").fields()
    arrival, _ = await arrival_of(request, interaction), translator(request)
    try:
        begun = await provider_of(request).entrance.second(fields.get("code", ""), arrival)
    except Expired:
        return _first(request, interaction)
    except TROUBLES as error:
        return await _form(request, interaction, trouble(error, _, _("验证码不正确，或已用过。")))
    return logged_in(request, interaction, begun)


def _first(request: Request, interaction: Interaction) -> Response:
    return redirect(f"{provider_of(request).settings.issuer}/login/{interaction.id}")


async def _form(
    request: Request, interaction: Interaction, wrong: Trouble | None = None
) -> Response:
    form = way_form(request, interaction, "second")
    return form.shown(
        await way_page(
            request,
            interaction,
            "second.html",
            here="second",
            status=wrong.status if wrong else 200,
            retry_after=wrong.retry_after if wrong else None,
            token=form.token,
            error=wrong.text if wrong else None,
        )
    )


ROUTES = (
    Route(f"{ROOT}/second", show_second, methods=["GET"]),
    Route(f"{ROOT}/second", answer_second, methods=["POST"]),
)
