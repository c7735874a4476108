"""Acting for others, and others for me: what waits for my answer, what I hold, what I gave."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.identity.domain.errors import NotAllowed
from services.identity.pages.account.acts import tried
from services.identity.pages.account.entry import (
    Account,
    account_form,
    account_page,
    back_to,
    fresh,
)
from services.identity.pages.account.section import ROOT, Section
from services.identity.pages.render import provider_of
from services.identity.queries.acting import acting_of

_MINUTES = 30


async def show_delegations(request: Request) -> Response:
    """The lists, each entry with what can be done about it."""
    return await _shown(request, await fresh(request, _MINUTES))


async def act_on_delegation(request: Request) -> Response:
    """Accept, consent, refuse or take back one of them."""
    account = await fresh(request, _MINUTES)
    fields = await account_form(request, account, "delegations").fields()
    act, id_ = fields.get("act", ""), fields.get("id", "")
    error = await tried(request, _done(request, account.person.id, act, id_))
    if error is not None:
        return await _shown(request, account, error, 400)
    return back_to(request, "delegations", done=act)


async def _done(request: Request, person: str, act: str, id_: str) -> None:
    provider = provider_of(request)
    acts = {
        "accept": provider.delegations.accept,
        "revoke": provider.delegations.revoke,
        "consent": provider.family.consent,
        "refuse": provider.family.refuse,
    }
    if act not in acts:
        raise NotAllowed("没有这个操作。", "There is no such act.")
    async with provider.db.write() as tx:
        if not await acts[act](tx, person, id_):
            raise NotAllowed("这一项已经失效。", "This one is over.")


async def _shown(
    request: Request, account: Account, error: str | None = None, status: int = 200
) -> Response:
    provider = provider_of(request)
    form = account_form(request, account, "delegations")
    return form.shown(
        account_page(
            request,
            account,
            "delegations.html",
            here="delegations",
            status=status,
            token=form.token,
            error=error,
            done=request.query_params.get("done"),
            acting=await acting_of(provider.db, provider.people, account.person.id),
        )
    )


SECTION = Section(
    "delegations",
    lambda _: _("代办与授权"),
    (
        Route(f"{ROOT}/delegations", show_delegations, methods=["GET"]),
        Route(f"{ROOT}/delegations", act_on_delegation, methods=["POST"]),
    ),
)
