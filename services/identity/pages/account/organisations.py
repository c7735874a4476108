"""Naming agents (经办人) of the organisations that I represent."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.identity.commands.delegations import Wish
from services.identity.pages.account.acts import end_of, items_in, tried
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
_FIELDS = ("organisation", "login_name", "name", "items", "until", "may_delegate")


async def show_organisations(request: Request) -> Response:
    """The organisations for which I may name agents, and the form."""
    return await _shown(request, await fresh(request, _MINUTES))


async def name_agent(request: Request) -> Response:
    """An offer to the agent, who accepts it in his own account."""
    account = await fresh(request, _MINUTES)
    fields = await account_form(request, account, "organisations").fields()
    typed = {name: fields.get(name, "") for name in _FIELDS}
    error = await tried(request, _named(request, account, typed))
    if error is not None:
        return await _shown(request, account, error, typed, 400)
    return back_to(request, "delegations", done="offered")


async def _named(request: Request, account: Account, typed: dict[str, str]) -> None:
    provider = provider_of(request)
    agent = await provider.agents.find(account.person.id, typed["login_name"], typed["name"])
    wish = Wish(
        organisation=typed["organisation"],
        agent=agent,
        items=items_in(typed["items"]),
        valid_from=None,
        valid_until=end_of(request, typed["until"]),
        may_delegate=typed["may_delegate"] == "yes",
    )
    async with provider.db.write() as tx:
        await provider.delegations.grant(tx, account.person.id, wish)


async def _shown(
    request: Request,
    account: Account,
    error: str | None = None,
    typed: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    provider = provider_of(request)
    form = account_form(request, account, "organisations")
    acting = await acting_of(provider.db, provider.people, account.person.id)
    return form.shown(
        account_page(
            request,
            account,
            "organisations.html",
            here="organisations",
            status=status,
            token=form.token,
            error=error,
            typed=typed or dict.fromkeys(_FIELDS, ""),
            granting=acting.granting,
        )
    )


SECTION = Section(
    "organisations",
    lambda _: _("单位与经办人"),
    (
        Route(f"{ROOT}/organisations", show_organisations, methods=["GET"]),
        Route(f"{ROOT}/organisations", name_agent, methods=["POST"]),
    ),
)
