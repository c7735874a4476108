"""Coming to act for a child or a relative (家人代办)."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.identity.commands.family import Asked
from services.identity.commands.proofing import Typed
from services.identity.domain.errors import NotAllowed
from services.identity.pages.account.acts import end_of, items_in, tried
from services.identity.pages.account.entry import (
    Account,
    account_form,
    account_page,
    back_to,
    fresh,
)
from services.identity.pages.account.section import ROOT, Section
from services.identity.pages.render import provider_of, translator
from services.identity.queries.acting import acting_of

_MINUTES = 30
_FIELDS = ("name", "id_number", "items", "until", "code", "id")


async def show_family(request: Request) -> Response:
    """The forms, and what was asked for and waits."""
    return await _shown(request, await fresh(request, _MINUTES))


async def act_on_family(request: Request) -> Response:
    """A child, a relative who is asked, or the code that he told."""
    account = await fresh(request, _MINUTES)
    fields = await account_form(request, account, "family").fields()
    typed = {name: fields.get(name, "") for name in _FIELDS}
    act = fields.get("act", "")
    error = await tried(request, _done(request, account, act, typed))
    if error is not None:
        return await _shown(request, account, error, act, typed, 400)
    done = "delegations" if act in ("child", "code") else "family"
    return back_to(request, done, done=act)


async def _done(request: Request, account: Account, act: str, typed: dict[str, str]) -> None:
    family = provider_of(request).family
    whom = Typed(typed["name"], typed["id_number"])
    if act == "child":
        await family.add_child(account.person, whom)
    elif act == "relative":
        wish = Asked(
            whom=whom,
            items=items_in(typed["items"]),
            valid_until=end_of(request, typed["until"]),
            language=translator(request).language,
        )
        await family.ask(account.person, wish)
    elif act == "code":
        await family.consent_by_code(account.person.id, typed["id"], typed["code"])
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
    provider = provider_of(request)
    form = account_form(request, account, "family")
    acting = await acting_of(provider.db, provider.people, account.person.id)
    return form.shown(
        account_page(
            request,
            account,
            "family.html",
            here="family",
            status=status,
            token=form.token,
            error=error,
            act=act,
            typed=typed or dict.fromkeys(_FIELDS, ""),
            done=request.query_params.get("done"),
            asked=acting.asked,
        )
    )


SECTION = Section(
    "family",
    lambda _: _("为家人办事"),
    (
        Route(f"{ROOT}/family", show_family, methods=["GET"]),
        Route(f"{ROOT}/family", act_on_family, methods=["POST"]),
    ),
)
