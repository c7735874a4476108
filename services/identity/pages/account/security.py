"""Security: what protects the account, at a glance, and changing the password."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.identity.pages.account import code_app, passkeys
from services.identity.pages.account.entry import (
    Account,
    account_form,
    account_of,
    account_page,
    back_to,
)
from services.identity.pages.account.section import ROOT, Section
from services.identity.pages.render import provider_of, translator
from services.identity.pages.ways.troubles import TROUBLES, Trouble, trouble
from services.identity.queries.security import protection_of


async def show_security(request: Request) -> Response:
    """Password, passkeys, second step and recovery codes, each with the way to change it."""
    account = await account_of(request)
    return account_page(
        request,
        account,
        "security.html",
        here="security",
        protection=await protection_of(provider_of(request).db, account.person.id),
        done=request.query_params.get("done"),
    )


async def show_password(request: Request) -> Response:
    """An empty form."""
    return await _password(request, await account_of(request))


async def change_password(request: Request) -> Response:
    """Change it, and end every other login."""
    account = await account_of(request)
    fields = await account_form(request, account, "password").fields()
    provider, _ = provider_of(request), translator(request)
    try:
        await provider.change_password(
            account.login, account.person, fields.get("present", ""), fields.get("new", "")
        )
    except TROUBLES as error:
        wrong = trouble(error, _, _("现在的密码不正确。"))
        return await _password(request, account, wrong)
    return back_to(request, "security", done="password")


async def _password(request: Request, account: Account, wrong: Trouble | None = None) -> Response:
    provider, form = provider_of(request), account_form(request, account, "password")
    asks_present = provider.change_password.asks_present(account.login)
    async with provider.db.read() as connection:
        shortest = await provider.change_password.shortest_for(connection, account.person.id)
    return form.shown(
        account_page(
            request,
            account,
            "password.html",
            here="security",
            status=wrong.status if wrong else 200,
            token=form.token,
            asks_present=asks_present,
            shortest=shortest,
            error=wrong.text if wrong else None,
        )
    )


SECTION = Section(
    "security",
    lambda _: _("安全"),
    (
        Route(f"{ROOT}/security", show_security, methods=["GET"]),
        Route(f"{ROOT}/security/password", show_password, methods=["GET"]),
        Route(f"{ROOT}/security/password", change_password, methods=["POST"]),
        *passkeys.ROUTES,
        *code_app.ROUTES,
    ),
)
