"""The second step: a code app is set up by a picture, and recovery codes are shown once."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.identity.domain.totp import otpauth
from services.identity.pages.account.entry import (
    Account,
    account_form,
    account_page,
    back_to,
    fresh,
)
from services.identity.pages.account.section import ROOT
from services.identity.pages.pictures import qr_code
from services.identity.pages.render import provider_of, translator
from services.identity.pages.ways.troubles import TROUBLES, Trouble, trouble
from services.identity.queries.security import protection_of

_HERE = f"{ROOT}/security/second"


async def show_app(request: Request) -> Response:
    """A picture for an app to read, or what there is already."""
    account = await fresh(request)
    return await _shown(request, account, provider_of(request).second_factors.new_secret())


async def add_app(request: Request) -> Response:
    """The first code shows that the app has the secret; then the recovery codes, once."""
    account = await fresh(request)
    fields = await account_form(request, account, "second").fields()
    provider, _ = provider_of(request), translator(request)
    secret = fields.get("secret", "")
    try:
        provider.second_factors.check_offered(secret, fields.get("seal", ""), account.login.id)
        async with provider.db.write() as tx:
            codes = await provider.second_factors.add_app(
                tx, account.person.id, secret, fields.get("code", "")
            )
    except TROUBLES as error:
        return await _shown(request, account, secret, trouble(error, _, ""))
    return _codes(request, account, codes)


async def renew_codes(request: Request) -> Response:
    """Ten new recovery codes; the earlier ones are void."""
    account = await fresh(request)
    await account_form(request, account, "second").fields()
    provider = provider_of(request)
    if not (await protection_of(provider.db, account.person.id)).second_step:
        return back_to(request, "security/second")
    async with provider.db.write() as tx:
        codes = await provider.second_factors.renew_recovery_codes(tx, account.person.id)
    return _codes(request, account, codes)


async def remove_app(request: Request) -> Response:
    """The password alone again."""
    account = await fresh(request)
    await account_form(request, account, "second").fields()
    provider = provider_of(request)
    async with provider.db.write() as tx:
        await provider.second_factors.remove_app(tx, account.person.id)
    return back_to(request, "security", done="second_off")


async def _shown(
    request: Request, account: Account, secret: str, wrong: Trouble | None = None
) -> Response:
    provider, form = provider_of(request), account_form(request, account, "second")
    name = account.person.login_name or account.person.id
    return form.shown(
        account_page(
            request,
            account,
            "second.html",
            here="security",
            status=wrong.status if wrong else 200,
            token=form.token,
            secret=secret,
            seal=provider.second_factors.offered(secret, account.login.id),
            picture=qr_code(otpauth(secret, name, provider.settings.site_name)),
            protection=await protection_of(provider.db, account.person.id),
            error=wrong.text if wrong else None,
        )
    )


def _codes(request: Request, account: Account, codes: list[str]) -> Response:
    return account_page(request, account, "recovery_codes.html", here="security", codes=codes)


ROUTES = (
    Route(_HERE, show_app, methods=["GET"]),
    Route(_HERE, add_app, methods=["POST"]),
    Route(f"{_HERE}/codes", renew_codes, methods=["POST"]),
    Route(f"{_HERE}/codes", show_app, methods=["GET"]),
    Route(f"{_HERE}/remove", remove_app, methods=["POST"]),
    Route(f"{_HERE}/remove", show_app, methods=["GET"]),
)
