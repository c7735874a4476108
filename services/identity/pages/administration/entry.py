"""As what somebody administers: each page acts in one of the offices of who is logged in."""

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from services.identity.domain.roles import ADMINISTRATORS, HALL_MANAGER
from services.identity.domain.staff import Staff
from services.identity.pages.account.entry import Account, account_of
from services.identity.pages.render import page, provider_of
from services.identity.store.roles import all_roles
from services.identity.store.staff import offices_of
from shared.auth import Staff as Office
from shared.auth import Subject
from shared.clock import now

ROOT = "/identity/administration/staff"
_CLIENT = "identity"
_FIRST = ADMINISTRATORS | {HALL_MANAGER, "inspector", "coordinator", "approver"}


@dataclass(frozen=True, slots=True)
class AtDesk:
    """Who is logged in, with each of his offices as the policy sees it."""

    account: Account
    subjects: tuple[Subject, ...]

    @property
    def first(self) -> Subject | None:
        """In the office that sees most; None for who is not staff."""
        return self.subjects[0] if self.subjects else None


async def at_desk(request: Request) -> AtDesk:
    """Who is logged in in this browser; the office with the widest duty comes first."""
    account = await account_of(request)
    async with provider_of(request).db.read() as connection:
        offices = await offices_of(connection, account.person.id, now())
        roles = await all_roles(connection)
    offices.sort(key=lambda office: not _FIRST & set(office.roles))
    return AtDesk(account, tuple(_subject(account, one, one.scopes(roles)) for one in offices))


def _subject(account: Account, office: Staff, scopes: frozenset[str]) -> Subject:
    moment = now().timestamp()
    return Subject(
        sub=account.person.id,
        kind="person",
        client_id=_CLIENT,
        scopes=scopes,
        audiences=frozenset(),
        token_id=account.login.id,
        issued_at=moment,
        expires_at=moment,
        staff=Office(
            id=office.id,
            department=office.department,
            region=office.region,
            positions=frozenset(office.positions),
            roles=frozenset(office.roles),
        ),
        acr=account.login.level,
        sid=account.login.id,
    )


def desk_page(request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
    """A page of the administration."""
    root = f"{provider_of(request).settings.issuer}/administration/staff"
    return page(request, f"administration/{template}", status=status, root=root, **values)
