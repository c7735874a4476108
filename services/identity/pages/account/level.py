"""The real-name level (实名认证): what is proved, and how to prove more."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.identity.commands.proofing import Typed
from services.identity.domain.errors import NotAllowed
from services.identity.pages.account.acts import tried
from services.identity.pages.account.entry import (
    Account,
    account_form,
    account_of,
    account_page,
    back_to,
    fresh,
)
from services.identity.pages.account.section import ROOT, Section
from services.identity.pages.render import provider_of, translator
from services.identity.queries.account import proofs_of_person
from services.identity.queries.people import masked

_MINUTES = 30
_FIELDS = ("name", "id_number", "card")


async def show_level(request: Request) -> Response:
    """The proofs, and the forms for more."""
    return await _shown(request, await account_of(request))


async def raise_level(request: Request) -> Response:
    """Send a code, take it back, or let the register compare the facts."""
    account = await fresh(request, _MINUTES)
    fields = await account_form(request, account, "level").fields()
    typed = {name: fields.get(name, "") for name in _FIELDS}
    act = fields.get("act", "")
    error = await tried(request, _done(request, account, act, typed, fields.get("code", "")))
    if error is not None:
        return await _shown(request, account, error, act, typed, 400)
    return back_to(request, "level", done=act)


async def _done(
    request: Request, account: Account, act: str, typed: dict[str, str], code: str
) -> None:
    proofing, person = provider_of(request).proofing, account.person
    if act == "send":
        await proofing.send_code(person, translator(request).language)
    elif act == "code":
        await proofing.confirm_code(person, code)
    elif act == "facts":
        await proofing.by_facts(person, Typed(**typed))
    else:
        raise NotAllowed("没有这个操作。", "There is no such act.")


async def _shown(
    request: Request,
    account: Account,
    error: str | None = None,
    act: str = "",
    typed: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    form = account_form(request, account, "level")
    return form.shown(
        account_page(
            request,
            account,
            "level.html",
            here="level",
            status=status,
            token=form.token,
            error=error,
            act=act,
            typed=typed or dict.fromkeys(_FIELDS, ""),
            done=request.query_params.get("done"),
            fields=masked(account.person),
            proofs=await proofs_of_person(provider_of(request).db, account.person.id),
        )
    )


SECTION = Section(
    "level",
    lambda _: _("实名认证"),
    (
        Route(f"{ROOT}/level", show_level, methods=["GET"]),
        Route(f"{ROOT}/level", raise_level, methods=["POST"]),
    ),
)
