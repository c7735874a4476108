"""How a way joins the login page: its entry among the ways, and its routes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.identity.commands.provider import Provider
from services.identity.pages.federation.going import buttons, straight
from services.identity.pages.forms import Form
from services.identity.pages.interactions import client_name
from services.identity.pages.render import page, provider_of, translator
from services.identity.store.interactions import Interaction
from shared.i18n import Translator

ROOT = "/identity/login/{id}"


@dataclass(frozen=True, slots=True)
class WayPage:
    """A page that logs people in; `name` is the last part of its address, empty for the first.

    `offered` decides for each request whether it is among the ways that are shown.
    """

    name: str
    title: Callable[[Translator], str]
    routes: tuple[Route, ...]
    offered: Callable[[Provider, Interaction], bool] = lambda _provider, _interaction: True

    def address(self, root: str) -> str:
        """Where it is below the page of an interaction."""
        return f"{root}/{self.name}" if self.name else root


def way_form(request: Request, interaction: Interaction, purpose: str) -> Form:
    """A form of a way, good in this browser for this request to log in."""
    return Form(request, purpose, interaction.id)


async def way_page(
    request: Request,
    interaction: Interaction,
    template: str,
    *,
    here: str,
    status: int = 200,
    retry_after: int | None = None,
    headers: dict[str, str] | None = None,
    scripts: Sequence[str] = (),
    **values: Any,
) -> Response:
    """A page of a way, with the other ways above it; `here` is its name.

    Where an upstream is the only login, the browser goes there at once.
    """
    if (away := await straight(request, interaction)) is not None:
        return away
    provider, _ = provider_of(request), translator(request)
    root = f"{provider.settings.issuer}/login/{interaction.id}"
    told = {"Retry-After": str(retry_after)} if retry_after else {}
    return page(
        request,
        f"ways/{template}",
        status=status,
        leads_to=interaction.request.redirect_uri,
        headers={**told, **(headers or {})},
        scripts=scripts,
        interaction=interaction.id,
        client=await client_name(request, interaction),
        desk=interaction.request.for_the_desk,
        root=root,
        here=here,
        upstreams=await buttons(request),
        ways=[
            (one.name, one.title(_), one.address(root))
            for one in request.app.state.way_pages
            if one.offered(provider, interaction)
        ],
        **values,
    )
