"""The way back from an upstream: the callback, and what the browser sees after a logout there."""

from starlette.requests import Request
from starlette.responses import Response

from services.identity.commands.federation.trouble import Failed, Strayed
from services.identity.commands.shown import LoginOver
from services.identity.domain.upstreams import Told, Upstream
from services.identity.pages.federation.trouble import failed_on
from services.identity.pages.forms import browser_of
from services.identity.pages.interactions import arrival_of, logged_in, login_of, redirect
from services.identity.pages.render import provider_of
from services.identity.store.interactions import Interaction, find_interaction
from services.identity.store.upstream_visits import Visit
from shared.clock import now

_MOST, _LONGEST = 20, 8192


async def callback(request: Request) -> Response:
    """What the upstream answered (RFC 6749, section 4.1.2)."""
    browser = browser_of(request)
    parameters = _parameters(request)
    if not browser or parameters is None:
        raise LoginOver
    federation = provider_of(request).federation
    try:
        visit, upstream, told = await federation.returning(
            request.path_params["code"], parameters, browser
        )
        if visit.person is not None:
            return await _linked(request, visit, told)
        return await _came(request, visit, upstream, told)
    except Strayed:
        raise LoginOver from None
    except Failed as failed:
        return await failed_on(request, failed)


async def left(request: Request) -> Response:
    """Back from a logout there: on to where our own logout was to end."""
    provider = provider_of(request)
    state = request.query_params.get("state", "")[:_LONGEST]
    back = await provider.federation.leaving.came_back(request.path_params["code"], state)
    return redirect(back or f"{provider.settings.issuer}/logged-out")


async def _came(request: Request, visit: Visit, upstream: Upstream, told: Told) -> Response:
    interaction = await _waiting(request, visit)
    provider = provider_of(request)
    alone = provider.settings.login_upstream == upstream.code
    arrival = await arrival_of(request, interaction)
    begun = await provider.federation.arriving.come(visit, upstream, told, arrival, alone=alone)
    if begun is None:
        return redirect(f"{provider.settings.issuer}/welcome/{interaction.id}")
    return logged_in(request, interaction, begun)


async def _linked(request: Request, visit: Visit, told: Told) -> Response:
    """For the account page; who is logged in must still be who asked for it."""
    provider, login = provider_of(request), await login_of(request)
    if login is None or login.person != visit.person:
        raise Strayed("another_person")
    await provider.federation.linking.link_own(visit, told, login.person)
    return redirect(f"{provider.settings.issuer}/account/upstreams")


async def _waiting(request: Request, visit: Visit) -> Interaction:
    async with provider_of(request).db.read() as connection:
        found = await find_interaction(connection, visit.interaction or "", now())
    if found is None:
        raise Strayed("request_over")
    return found


def _parameters(request: Request) -> dict[str, str] | None:
    """Each at most once (RFC 6749, section 3.1), and none of them huge."""
    given = request.query_params.multi_items()
    if len(given) > _MOST or len(dict(given)) != len(given):
        return None
    return None if any(len(value) > _LONGEST for _, value in given) else dict(given)
