"""Where I am logged in, with a way to log out there, and what happened to my account."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.identity.clients.messages.notices import notice
from services.identity.pages.account.entry import (
    account_form,
    account_of,
    account_page,
    back_to,
)
from services.identity.pages.account.section import ROOT, Section
from services.identity.pages.render import provider_of, translator
from services.identity.queries.sessions import open_sessions, security_events_of

_EVENTS = 20


async def show_sessions(request: Request) -> Response:
    """Open logins, the one of this browser first, and the latest events."""
    account = await account_of(request)
    provider, language = provider_of(request), translator(request).language
    found = await open_sessions(provider.db, account.person.id)
    events = await security_events_of(provider.db, account.person.id, _EVENTS)
    form = account_form(request, account, "sessions")
    return form.shown(
        account_page(
            request,
            account,
            "sessions.html",
            here="sessions",
            token=form.token,
            here_now=[one for one in found if one.id == account.login.id],
            elsewhere=[one for one in found if one.id != account.login.id],
            events=[(one.at, notice(one.kind, one.facts, language)) for one in events],
            done=request.query_params.get("done"),
        )
    )


async def end_session(request: Request) -> Response:
    """Log out there, or everywhere else."""
    account = await account_of(request)
    fields = await account_form(request, account, "sessions").fields()
    provider, which = provider_of(request), fields.get("session", "")
    async with provider.db.write() as tx:
        if which == "others":
            await provider.sessions.end_others(tx, account.login)
        elif which != account.login.id:
            await provider.sessions.end(tx, account.person.id, which)
    return back_to(request, "sessions", done="ended")


SECTION = Section(
    "sessions",
    lambda _: _("登录的设备"),
    (
        Route(f"{ROOT}/sessions", show_sessions, methods=["GET"]),
        Route(f"{ROOT}/sessions", end_session, methods=["POST"]),
    ),
)
