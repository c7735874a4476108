"""Accounts elsewhere by which I log in here: linking one, and taking it back."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.identity.commands.federation.going import Wish
from services.identity.commands.federation.trouble import Failed, Strayed
from services.identity.commands.shown import LoginOver
from services.identity.pages.account.entry import (
    account_form,
    account_of,
    account_page,
    back_to,
    fresh,
)
from services.identity.pages.account.section import ROOT, Section
from services.identity.pages.federation.trouble import show_trouble
from services.identity.pages.forms import Form
from services.identity.pages.interactions import redirect
from services.identity.pages.render import provider_of, translator

_NAME = "upstreams"


async def show_upstreams(request: Request) -> Response:
    """What is linked, and what could be."""
    account = await account_of(request)
    federation, _ = provider_of(request).federation, translator(request)
    async with federation.db.read() as connection:
        known = {one.upstream.code: one.upstream for one in await federation.store.all(connection)}
        links = await federation.store.links_of(connection, account.person.id)
    linked = {one.upstream for one in links}
    form = account_form(request, account, _NAME)
    return form.shown(
        account_page(
            request,
            account,
            "upstreams.html",
            here=_NAME,
            token=form.token,
            links=[(one, known[one.upstream].label(_.language)) for one in links],
            others=[
                (code, one.label(_.language))
                for code, one in known.items()
                if one.enabled and code not in linked
            ],
        )
    )


async def link(request: Request) -> Response:
    """To the upstream, to prove that its account is mine; dangerous, so the login is fresh."""
    account = await fresh(request)
    form = Form(request, "upstream")
    wish = Wish(
        browser=form.browser, language=translator(request).language, person=account.person.id
    )
    try:
        location = await provider_of(request).federation.going(request.path_params["code"], wish)
    except Strayed:
        raise LoginOver from None
    except Failed as failed:
        return await show_trouble(request, failed)
    return form.shown(redirect(location))


async def unlink(request: Request) -> Response:
    """Take a link back."""
    account = await fresh(request)
    fields = await account_form(request, account, _NAME).fields()
    linking = provider_of(request).federation.linking
    await linking.unlink(fields.get("link", "")[:40], account.person.id)
    return back_to(request, _NAME)


SECTION = Section(
    _NAME,
    lambda _: _("关联的登录方式"),
    (
        Route(f"{ROOT}/{_NAME}", show_upstreams, methods=["GET"]),
        Route(f"{ROOT}/{_NAME}", unlink, methods=["POST"]),
        Route(f"{ROOT}/{_NAME}/{{code}}/link", link, methods=["GET"]),
    ),
)
