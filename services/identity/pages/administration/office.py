"""One office: what it is, who fills it during an absence, and what the reader may change."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from services.identity.commands.shown import ShownError
from services.identity.domain.deputations import Deputation
from services.identity.domain.errors import RuleBroken
from services.identity.domain.oauth import AccessDenied
from services.identity.domain.roles import Roles
from services.identity.pages.account.entry import fresh
from services.identity.pages.administration.acts import ACTS, allowed_acts, do
from services.identity.pages.administration.entry import AtDesk, at_desk, desk_page
from services.identity.pages.forms import Form
from services.identity.pages.interactions import redirect
from services.identity.pages.render import provider_of, translator
from services.identity.queries.staff import Shown, StaffReads, record_of
from services.identity.store import deputations
from services.identity.store.roles import all_roles
from services.identity.store.staff import Held, in_place
from services.identity.store.staff import staff as table
from shared.auth import Subject

_MOST = 100


@dataclass(frozen=True, slots=True)
class _Seen:
    shown: Shown
    acts: frozenset[str]
    deputations: list[Deputation]
    colleagues: list[Shown]
    roles: Roles


async def show_office(request: Request) -> Response:
    """The office, with a form for each act that is allowed."""
    return await _page(request, await at_desk(request))


async def change_office(request: Request) -> Response:
    """Do what was chosen, by a login of the last minutes, and show the office again."""
    desk = await at_desk(request)
    id_ = request.path_params["office"]
    fields = await Form(request, "staff", f"{desk.account.login.id} {id_}").fields()
    await fresh(request, minutes=15)
    act = fields.get("act", "")
    if act not in ACTS:
        return await _page(request, desk)
    _ = translator(request)
    try:
        await do(provider_of(request), desk.subjects, id_, act, fields)
    except RuleBroken as broken:
        said = broken.en if _.language == "en" else broken.zh
        return await _page(request, desk, said, 409)
    issuer = provider_of(request).settings.issuer
    return redirect(f"{issuer}/administration/staff/{id_}?done={act}")


async def _page(
    request: Request, desk: AtDesk, error: str | None = None, status: int = 200
) -> Response:
    id_ = request.path_params["office"]
    seen = await _seen(request, desk, id_)
    form = Form(request, "staff", f"{desk.account.login.id} {id_}")
    return form.shown(
        desk_page(
            request,
            "office.html",
            status=status,
            seen=seen,
            held=seen.shown.held,
            token=form.token,
            error=error,
            done=request.query_params.get("done") in ACTS,
        )
    )


async def _seen(request: Request, desk: AtDesk, id_: str) -> _Seen:
    provider = provider_of(request)
    reads = StaffReads(provider.db, provider.people, provider.access)
    for subject in desk.subjects:
        shown = await reads.one(subject, id_)
        if shown is not None:
            break
    else:
        raise ShownError(AccessDenied("there is no such office, or you may not see it"))
    async with provider.db.read() as connection:
        record = await record_of(connection, shown.held)
        acts = allowed_acts(desk.subjects, record, shown.held)
        around = await deputations.around(connection, id_, 10)
        roles = await all_roles(connection)
    colleagues = await _colleagues(reads, subject, shown.held) if "depute" in acts else []
    return _Seen(shown, acts, around, colleagues, roles)


async def _colleagues(reads: StaffReads, subject: Subject, held: Held) -> list[Shown]:
    """Who could be a deputy: of the same department, active, somebody else."""
    filters = in_place(held.office.department, None, "active")
    filters.append(table.c.person != held.office.person)
    return await reads.page(subject, filters, behind=None, limit=_MOST)
