"""Passkeys of the account: added by an authenticator of this device, named, removed."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.identity.commands.passkeys import passkey_name
from services.identity.pages.account.entry import (
    Account,
    account_form,
    account_page,
    back_to,
    fresh,
)
from services.identity.pages.account.section import ROOT
from services.identity.pages.render import provider_of, translator
from services.identity.pages.ways.troubles import TROUBLES, Trouble, trouble
from services.identity.queries.security import protection_of
from services.identity.store.passkeys import remove_passkey, rename_passkey

_HERE = f"{ROOT}/security/passkeys"


async def show_passkeys(request: Request) -> Response:
    """Those there are, and a form for another."""
    return await _shown(request, await fresh(request))


async def add_passkey(request: Request) -> Response:
    """Store what the authenticator has made."""
    account = await fresh(request)
    form = account_form(request, account, "passkey")
    fields, _ = await form.fields(), translator(request)
    provider = provider_of(request)
    try:
        made = await provider.passkeys.made(
            account.person.id, fields.get("credential", ""), form.browser, fields.get("name", "")
        )
        async with provider.db.write() as tx:
            await provider.passkeys.add(tx, made)
    except TROUBLES as error:
        wrong = trouble(error, _, _("没有添加成功。请再试一次，并用指纹、人脸或锁屏密码确认。"))
        return await _shown(request, account, wrong)
    return back_to(request, "security/passkeys", done="added")


async def change_passkey(request: Request) -> Response:
    """Give it another name, or remove it."""
    account, id_ = await fresh(request), request.path_params["passkey"]
    fields, _ = await account_form(request, account, "passkeys").fields(), translator(request)
    try:
        name = passkey_name(fields.get("name", "")) if "rename" in fields else ""
    except TROUBLES as error:
        return await _shown(request, account, trouble(error, _, ""))
    async with provider_of(request).db.write() as tx:
        if "rename" in fields:
            await rename_passkey(tx, account.person.id, id_, name)
        else:
            await remove_passkey(tx, account.person.id, id_)
    return back_to(request, "security/passkeys", done="changed")


async def _shown(request: Request, account: Account, wrong: Trouble | None = None) -> Response:
    provider, form = provider_of(request), account_form(request, account, "passkey")
    return form.shown(
        account_page(
            request,
            account,
            "passkeys.html",
            here="security",
            status=wrong.status if wrong else 200,
            scripts=("passkeys.js",),
            token=form.token,
            change_token=form.token_for("account:passkeys"),
            options=await provider.passkeys.registration_options(account.person, form.browser),
            passkeys=(await protection_of(provider.db, account.person.id)).passkeys,
            done=request.query_params.get("done"),
            error=wrong.text if wrong else None,
        )
    )


ROUTES = (
    Route(_HERE, show_passkeys, methods=["GET"]),
    Route(_HERE, add_passkey, methods=["POST"]),
    Route(f"{_HERE}/{{passkey}}", change_passkey, methods=["POST"]),
)
