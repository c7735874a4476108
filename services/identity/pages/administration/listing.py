"""The list of staff: of one's region, department or hall, page by page."""

from starlette.requests import Request
from starlette.responses import Response

from services.identity.pages.administration.entry import at_desk, desk_page
from services.identity.pages.render import provider_of
from services.identity.queries.staff import StaffReads
from services.identity.store.roles import all_roles
from services.identity.store.staff import in_place

_PAGE = 50
_LONGEST = 40
_STATES = ("active", "pending", "deactivated")


async def show_staff(request: Request) -> Response:
    """A page of it; only those of a department or in a state when that was asked."""
    desk, provider = await at_desk(request), provider_of(request)
    if desk.first is None:
        return desk_page(request, "none.html", status=403)
    asked = {
        name: request.query_params.get(name, "")[:_LONGEST].strip()
        for name in ("department", "status", "behind")
    }
    status = asked["status"] if asked["status"] in _STATES else ""
    reads = StaffReads(provider.db, provider.people, provider.access)
    found = await reads.page(
        desk.first,
        in_place(asked["department"] or None, None, status or None),
        behind=asked["behind"] or None,
        limit=_PAGE + 1,
    )
    async with provider.db.read() as connection:
        roles = await all_roles(connection)
    return desk_page(
        request,
        "list.html",
        shown=found[:_PAGE],
        behind=found[_PAGE - 1].held.office.id if len(found) > _PAGE else None,
        department=asked["department"],
        status_asked=status,
        roles=roles,
    )
