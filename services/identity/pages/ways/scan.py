"""Scan to log in: the computer's page waits by reloading itself; a script only makes it quicker."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from services.identity.commands.entrance import Expired
from services.identity.pages.interactions import arrival_of, logged_in, redirect, waiting
from services.identity.pages.pictures import qr_code
from services.identity.pages.render import provider_of
from services.identity.pages.ways.way_page import ROOT, WayPage, way_form, way_page

_LONGEST_NAME = 64


async def show_scan(request: Request) -> Response:
    """A new code for this browser, at an address that stays the same while it waits."""
    interaction = await waiting(request)
    form = way_form(request, interaction, "scan")
    provider = provider_of(request)
    root = f"{provider.settings.issuer}/login/{interaction.id}/scan"
    if not form.known:
        # The browser must have its cookie first: the code is bound to it.
        return form.shown(redirect(root))
    name = await provider.scans.show(await arrival_of(request, interaction))
    return redirect(f"{root}/{name}")


async def wait_for_phone(request: Request) -> Response:
    """The picture; then that it was scanned; then the login, or that it was refused."""
    interaction = await waiting(request)
    provider, arrival = provider_of(request), await arrival_of(request, interaction)
    name = request.path_params["name"][:_LONGEST_NAME]
    try:
        state = await provider.scans.state(name, arrival)
        if state == "confirmed":
            return logged_in(request, interaction, await provider.scans.enter(name, arrival))
    except Expired:
        state = "expired"
    code = f"{provider.settings.issuer}/scan/{provider.scans.code(name, arrival)}"
    return await way_page(
        request,
        interaction,
        "scan.html",
        here="scan",
        scripts=("scan.js",),
        state=state,
        picture=qr_code(code),
        state_address=f"{provider.settings.issuer}/login/{interaction.id}/scan/{name}/state",
        error=None,
    )


async def tell_state(request: Request) -> Response:
    """One word for the script of the page that waits."""
    interaction = await waiting(request)
    arrival = await arrival_of(request, interaction)
    try:
        name = request.path_params["name"][:_LONGEST_NAME]
        state = await provider_of(request).scans.state(name, arrival)
    except Expired:
        state = "expired"
    return PlainTextResponse(state, headers={"Cache-Control": "no-store"})


PAGE = WayPage(
    "scan",
    lambda _: _("扫码"),
    (
        Route(f"{ROOT}/scan", show_scan, methods=["GET"]),
        Route(f"{ROOT}/scan/{{name}}", wait_for_phone, methods=["GET"]),
        Route(f"{ROOT}/scan/{{name}}/state", tell_state, methods=["GET"]),
    ),
)
