"""The overview: who I am, how well that is proved, for whom I may act, and what happened lately."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.identity.pages.account.entry import account_of, account_page
from services.identity.pages.account.section import ROOT, Section
from services.identity.pages.render import provider_of
from services.identity.queries.account import latest_logins, latest_reads
from services.identity.queries.choices import choices_of
from services.identity.queries.people import masked


async def show_overview(request: Request) -> Response:
    """Everything at a glance; numbers are masked."""
    account = await account_of(request)
    provider = provider_of(request)
    return account_page(
        request,
        account,
        "overview.html",
        here="",
        fields=masked(account.person),
        choices=await choices_of(provider.db, provider.people, account.person.id),
        logins=await latest_logins(provider.db, account.person.id),
        reads=await latest_reads(provider.db, provider.access, account.person.id),
    )


SECTION = Section("", lambda _: _("账户概览"), (Route(ROOT, show_overview, methods=["GET"]),))
