"""Staff: who holds which office; creating an office and changing it."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.api.v1.caller import problem_of, provider_of, runtime_of
from services.identity.api.v1.offices import (
    ACT_PROBLEMS,
    ENDS,
    NO_OFFICE,
    AtDesk,
    NamedOfficeOut,
    OfficeId,
    OfficeOut,
    act_on,
    named_out,
    office_out,
)
from services.identity.commands.staff import Offices
from services.identity.domain.errors import Invalid, NotAllowed, RuleBroken
from services.identity.domain.regions import reach
from services.identity.domain.staff import check_end, known_positions
from services.identity.domain.systems import place, region_code
from services.identity.policy import StaffRecord, policy
from services.identity.queries.staff import ADMINISTRATION, StaffReads, person_for_office
from services.identity.store.staff import Held, in_place
from shared.clock import now
from shared.service import caller_of
from shared.web import Answer, Body, Cursor, Limit, Page, decode_cursor, encode_cursor, etag
from shared.web.problems import NotFound

router = APIRouter(prefix="/v1/staff", tags=["staff"])

Positions = Annotated[
    list[Annotated[str, Field(max_length=60)]],
    Field(max_length=10, description="as the department calls them"),
]


class OfficeIn(Body):
    """Whose office, where; the person has an account already."""

    person: str | None = Field(None, max_length=40, description="psn_…; or the login name")
    login_name: str | None = Field(None, max_length=32)
    department: str = Field(max_length=18, description="its unified code, 18 characters")
    region: str = Field(max_length=12, description="6, 9 or 12 digits")
    positions: Positions = Field([])
    ends_at: AwareDatetime | None = ENDS


class OfficeChangeIn(Body):
    """What changes; what is left out stays as it is."""

    positions: Positions = Field([])
    ends_at: AwareDatetime | None = ENDS


@router.get("", response_model=Page[NamedOfficeOut])
async def list_staff(
    request: Request,
    subject: AtDesk,
    department: Annotated[str | None, Query(max_length=18)] = None,
    region: Annotated[str | None, Query(max_length=12, description="6, 9 or 12 digits")] = None,
    descendants: Annotated[bool, Query(description="regions below as well")] = False,
    status: Annotated[Literal["pending", "active", "deactivated"] | None, Query()] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[NamedOfficeOut]:
    """Offices in the order in which they were made: of one's region, department or hall."""
    provider = provider_of(request)
    code = _region(region) if region else None
    regions = (reach(code) if descendants else (code, code)) if code else None
    behind = str(decode_cursor(cursor, str)[0]) if cursor else None
    reads = StaffReads(provider.db, provider.people, runtime_of(request).access)
    found = await reads.page(
        subject, in_place(department, regions, status), behind=behind, limit=limit + 1
    )
    shown = found[:limit]
    following = encode_cursor([shown[-1].held.office.id]) if len(found) > limit else None
    return Page(items=[named_out(one.held, one.name) for one in shown], next=following)


@router.post("", status_code=201, response_model=OfficeOut, responses=ACT_PROBLEMS)
async def create_staff(body: OfficeIn, request: Request, subject: AtDesk) -> Response:
    """A new office without roles; the security administrator grants them and activates it."""
    provider = provider_of(request)

    async def create(tx: AsyncConnection) -> Answer:
        policy.check(subject, "create_staff", None, ADMINISTRATION)
        try:
            at = place(body.department, body.region)
            positions, ends_at = known_positions(body.positions), check_end(body.ends_at, now())
            person = await person_for_office(tx, provider.people, body.person, body.login_name)
            if person is None:
                raise NotAllowed(
                    "没有这个账号：请本人先注册。", "There is no such account: register it first."
                )
            record = StaffRecord("", person, at.department, at.region)
            policy.check(subject, "create_staff", record, ADMINISTRATION)
            made = await provider.offices.create(
                tx, person, at, positions, ends_at=ends_at, by=subject.sub
            )
        except RuleBroken as broken:
            raise problem_of(broken) from None
        return Answer(201, office_out(made), {"ETag": etag(made.version)})

    return await runtime_of(request).idempotency.run(request, caller_of(subject), create)


@router.get("/{staff}", response_model=NamedOfficeOut)
async def read_staff(
    staff: OfficeId, request: Request, response: Response, subject: AtDesk
) -> NamedOfficeOut:
    """One office; its ETag goes into If-Match of whoever changes it."""
    provider = provider_of(request)
    reads = StaffReads(provider.db, provider.people, runtime_of(request).access)
    found = await reads.one(subject, staff)
    if found is None:
        raise NotFound(NO_OFFICE)
    response.headers["ETag"] = etag(found.held.version)
    return named_out(found.held, found.name)


@router.patch("/{staff}", response_model=OfficeOut, responses=ACT_PROBLEMS)
async def change_staff(
    staff: OfficeId, body: OfficeChangeIn, request: Request, subject: AtDesk
) -> Response:
    """Other positions, or another last day."""

    async def change(tx: AsyncConnection, offices: Offices, held: Held) -> Held:
        given, positions, ends_at = (
            body.model_fields_set,
            held.office.positions,
            held.office.ends_at,
        )
        if "positions" in given:
            positions = known_positions(body.positions)
        if "ends_at" in given:
            ends_at = check_end(body.ends_at, now())
        return await offices.change(tx, held, positions=positions, ends_at=ends_at, by=subject.sub)

    return await act_on(request, subject, staff, "change_staff", change)


def _region(text: str) -> str:
    try:
        return region_code(text)
    except Invalid as broken:
        raise problem_of(broken) from None
