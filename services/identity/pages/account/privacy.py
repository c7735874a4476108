"""Privacy: who looked, a copy of everything, and leaving."""

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.identity.domain.errors import Invalid, NotAllowed
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
from services.identity.pages.interactions import redirect
from services.identity.pages.render import provider_of, set_cookie
from services.identity.queries.account import closing_of_person, reads_of
from services.identity.queries.export import export_of

_MINUTES = 10
_WORD = "注销"


async def show_privacy(request: Request) -> Response:
    """Who looked at my data, and what I can do about what is kept."""
    return await _shown(request, await account_of(request))


async def show_leaving(request: Request) -> Response:
    """What leaving means, for somebody who has just logged in."""
    return await _leaving(request, await fresh(request, _MINUTES))


async def leave(request: Request) -> Response:
    """Ask to close the account, or stay after all."""
    account = await fresh(request, _MINUTES)
    fields = await account_form(request, account, "leave").fields()
    error = await tried(
        request, _done(request, account, fields.get("act", ""), fields.get("word", ""))
    )
    if error is not None:
        return await _leaving(request, account, error, 400)
    provider = provider_of(request)
    async with provider.db.read() as connection:
        person = await provider.people.find(connection, account.person.id)
    if person is None or person.status != "active":
        answer = redirect(f"{provider.settings.issuer}/logged-out")
        set_cookie(answer, provider.settings, "login", "", life=0)
        return answer
    return back_to(request, "privacy", done="leaving")


async def export(request: Request) -> Response:
    """Everything, as a file."""
    account = await fresh(request, _MINUTES)
    provider = provider_of(request)
    found = await export_of(provider.db, provider.access, account.person)
    return Response(
        orjson.dumps(found, option=orjson.OPT_INDENT_2),
        media_type="application/json",
        headers={
            "Content-Disposition": 'attachment; filename="my-account.json"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


async def _done(request: Request, account: Account, act: str, word: str) -> None:
    closing = provider_of(request).closing
    if act == "stay":
        await closing.withdraw(account.person.id)
    elif act != "leave":
        raise NotAllowed("没有这个操作。", "There is no such act.")
    elif word.strip().lower() not in (_WORD, "close"):
        raise Invalid("word", f"请输入“{_WORD}”确认。", "Type “close” to confirm.")
    else:
        await closing.ask(account.person.id)


async def _shown(request: Request, account: Account) -> Response:
    provider = provider_of(request)
    return account_page(
        request,
        account,
        "privacy.html",
        here="privacy",
        done=request.query_params.get("done"),
        reads=await reads_of(provider.db, provider.access, account.person.id),
        due=await closing_of_person(provider.db, account.person.id),
    )


async def _leaving(
    request: Request, account: Account, error: str | None = None, status: int = 200
) -> Response:
    provider = provider_of(request)
    form = account_form(request, account, "leave")
    return form.shown(
        account_page(
            request,
            account,
            "leave.html",
            here="privacy",
            status=status,
            token=form.token,
            error=error,
            days=provider.settings.closing_days,
            due=await closing_of_person(provider.db, account.person.id),
        )
    )


SECTION = Section(
    "privacy",
    lambda _: _("隐私与数据"),
    (
        Route(f"{ROOT}/privacy", show_privacy, methods=["GET"]),
        Route(f"{ROOT}/privacy/export", export, methods=["GET"]),
        Route(f"{ROOT}/privacy/leave", show_leaving, methods=["GET"]),
        Route(f"{ROOT}/privacy/leave", leave, methods=["POST"]),
    ),
)
