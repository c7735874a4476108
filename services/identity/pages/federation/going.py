"""The way to an upstream: by its button, or straight there when it is the only login."""

from starlette.requests import Request
from starlette.responses import Response

from services.identity.commands.federation.going import Wish
from services.identity.commands.federation.trouble import Failed, Strayed
from services.identity.commands.shown import LoginOver
from services.identity.pages.federation.trouble import failed_on
from services.identity.pages.forms import Form
from services.identity.pages.interactions import redirect, waiting
from services.identity.pages.render import provider_of, translator
from services.identity.store.interactions import Interaction


async def go(request: Request) -> Response:
    """To this upstream, for the request that waits."""
    return await sent(request, await waiting(request), request.path_params["code"])


async def sent(request: Request, interaction: Interaction, code: str) -> Response:
    """303 to the upstream, or what is wrong with it."""
    form = Form(request, "upstream")
    asked = interaction.request
    wish = Wish(
        browser=form.browser,
        language=translator(request).language,
        interaction=interaction.id,
        request=asked,
        login_hint=provider_of(request).authorize.login_hint(interaction),
        acr_values=asked.claims.essential_acr or asked.acr_values,
    )
    try:
        location = await provider_of(request).federation.going(code, wish)
    except Strayed:
        raise LoginOver from None
    except Failed as failed:
        return await failed_on(request, failed)
    return form.shown(redirect(location))


async def straight(request: Request, interaction: Interaction) -> Response | None:
    """Where one upstream is the only login, nobody sees our login page but staff at their desk."""
    only = provider_of(request).settings.only_login
    code = only.takes(desk=interaction.request.for_the_desk)
    return None if code is None else await sent(request, interaction, code)


async def buttons(request: Request) -> list[tuple[str, str]]:
    """Code and label of each upstream by which somebody can log in."""
    language = translator(request).language
    enabled = await provider_of(request).federation.enabled()
    return [(one.code, one.label(language)) for one in enabled]
