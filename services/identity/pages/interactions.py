"""What the pages of a login have in common: the request that waits, and the way on."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.identity.commands.begin import Arrival
from services.identity.commands.entrance import Entered, SecondAsked
from services.identity.commands.shown import LoginOver
from services.identity.domain.logins import Login, Visit
from services.identity.pages.forms import browser_of
from services.identity.pages.render import provider_of, set_cookie, translator
from services.identity.queries.client_address import client_address
from services.identity.queries.logins import current_login
from services.identity.store import clients
from services.identity.store.interactions import Interaction, find_interaction
from shared.clock import now

_LONGEST_AGENT = 400
_DEVICE_LIFE = 365 * 24 * 3600


async def waiting(request: Request) -> Interaction:
    """The authorization request of this page's address."""
    async with provider_of(request).db.read() as connection:
        found = await find_interaction(connection, request.path_params["id"], now())
    if found is None:
        raise LoginOver
    return found


async def client_name(request: Request, interaction: Interaction) -> str:
    """The name of the client that asks; our own pages have the account's."""
    if interaction.request.for_own_pages:
        _ = translator(request)
        return _("我的账户")
    async with provider_of(request).db.read() as connection:
        client = await clients.find_client(connection, interaction.request.client)
    return client.name if client is not None else ""


async def login_of(request: Request) -> Login | None:
    """The open login of this browser."""
    provider = provider_of(request)
    return await current_login(provider.db, request.cookies.get(provider.settings.cookie("login")))


async def arrival_of(request: Request, interaction: Interaction) -> Arrival:
    """This browser, as a login that begins in it is told of it."""
    settings = provider_of(request).settings
    visit = Visit(
        client_address(request, settings.trusted_proxies),
        request.headers.get("user-agent", "")[:_LONGEST_AGENT],
        request.cookies.get(settings.cookie("device")),
    )
    return Arrival(
        visit=visit,
        browser=browser_of(request),
        interaction=interaction.id,
        replaces=await login_of(request),
    )


def go_on(request: Request, interaction: Interaction) -> Response:
    """Back to the authorization endpoint, which decides what comes next."""
    issuer = provider_of(request).settings.issuer
    return redirect(f"{issuer}/authorize/{interaction.id}")


def logged_in(request: Request, interaction: Interaction, entered: Entered) -> Response:
    """On, with a cookie that no earlier page knew; or to the second proof."""
    settings = provider_of(request).settings
    if isinstance(entered, SecondAsked):
        return redirect(f"{settings.issuer}/login/{interaction.id}/second")
    answer = go_on(request, interaction)
    set_cookie(answer, settings, "login", entered.secret)
    set_cookie(answer, settings, "device", entered.device, life=_DEVICE_LIFE)
    return answer


def redirect(location: str) -> Response:
    """303, never cached."""
    return RedirectResponse(location, 303, {"Cache-Control": "no-store"})
