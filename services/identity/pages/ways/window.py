"""A code that a clerk at a window gave to who stands before him."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.identity.pages.interactions import arrival_of, logged_in, waiting
from services.identity.pages.render import provider_of, translator
from services.identity.pages.ways.troubles import TROUBLES, Trouble, trouble
from services.identity.pages.ways.way_page import ROOT, WayPage, way_form, way_page
from services.identity.store.interactions import Interaction


async def show_window(request: Request) -> Response:
    """An empty form."""
    return await _form(request, await waiting(request))


async def use_slip(request: Request) -> Response:
    """The code from the slip, or from the message."""
    interaction = await waiting(request)
    fields = await way_form(request, interaction, "window").fields()
    arrival, _ = await arrival_of(request, interaction), translator(request)
    try:
        begun = await provider_of(request).window_logins.enter(fields.get("code", ""), arrival)
    except TROUBLES as error:
        wrong = trouble(error, _, _("这个号码不对，或已用过。请问窗口的工作人员。"))
        return await _form(request, interaction, wrong)
    return logged_in(request, interaction, begun)


async def _form(
    request: Request, interaction: Interaction, wrong: Trouble | None = None
) -> Response:
    form = way_form(request, interaction, "window")
    return form.shown(
        await way_page(
            request,
            interaction,
            "window.html",
            here="window",
            status=wrong.status if wrong else 200,
            retry_after=wrong.retry_after if wrong else None,
            token=form.token,
            error=wrong.text if wrong else None,
        )
    )


PAGE = WayPage(
    "window",
    lambda _: _("窗口帮办"),
    (
        Route(f"{ROOT}/window", show_window, methods=["GET"]),
        Route(f"{ROOT}/window", use_slip, methods=["POST"]),
    ),
    lambda _provider, interaction: (
        not interaction.request.for_the_desk and not interaction.request.for_own_pages
    ),
)
