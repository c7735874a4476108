"""What a phone shows that scanned a code: who asks, from where, a warning, and the question."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.identity.commands.entrance import Expired
from services.identity.commands.scans import Asking
from services.identity.pages.account.entry import Account, account_form, account_of, fresh
from services.identity.pages.interactions import client_name
from services.identity.pages.render import page, provider_of, translator
from services.identity.store.interactions import find_interaction
from shared.clock import now
from shared.i18n import Formats

_PURPOSE = "scan"


async def show_scanned(request: Request) -> Response:
    """The question."""
    code, provider = request.path_params["code"], provider_of(request)
    account = await account_of(request)
    try:
        asking = await provider.scans.opened(code)
        name = await _client(request, asking)
    except Expired:
        return _told(request, "expired")
    if asking.state not in ("shown", "opened"):
        return _told(request, asking.state)
    _, form = translator(request), account_form(request, account, _PURPOSE, code)
    return form.shown(
        page(
            request,
            "scanned.html",
            token=form.token,
            state="asked",
            asking=asking,
            client=name,
            account=account,
            formats=Formats(_.language, provider.settings.timezone),
        )
    )


async def answer_scanned(request: Request) -> Response:
    """Yes or no; what wants a recent login wants it of the phone's."""
    code, provider = request.path_params["code"], provider_of(request)
    account = await account_of(request)
    fields = await account_form(request, account, _PURPOSE, code).fields()
    yes = "yes" in fields
    try:
        asking = await provider.scans.opened(code)
        if yes:
            account = await _recent_enough(request, asking, account)
        await provider.scans.answer(code, account.login, yes=yes)
    except Expired:
        return _told(request, "expired")
    return _told(request, "confirmed" if yes else "refused")


async def _client(request: Request, asking: Asking) -> str:
    async with provider_of(request).db.read() as connection:
        interaction = await find_interaction(connection, asking.interaction, now())
    if interaction is None:
        raise Expired
    return await client_name(request, interaction)


async def _recent_enough(request: Request, asking: Asking, account: Account) -> Account:
    async with provider_of(request).db.read() as connection:
        interaction = await find_interaction(connection, asking.interaction, now())
    if interaction is None:
        raise Expired
    wanted = interaction.request
    if wanted.max_age is not None or wanted.prompt & {"login", "select_account"}:
        return await fresh(request)
    return account


def _told(request: Request, state: str) -> Response:
    return page(request, "scanned.html", state=state, status=400 if state == "expired" else 200)


ROUTES = (
    Route("/identity/scan/{code}", show_scanned, methods=["GET"]),
    Route("/identity/scan/{code}", answer_scanned, methods=["POST"]),
)
