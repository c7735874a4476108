"""Deputies (代理、AB 角): who fills an office while its holder is away."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.api.v1.caller import problem_of, provider_of, runtime_of
from services.identity.api.v1.offices import ACT_PROBLEMS, NO_OFFICE, AtDesk, OfficeId, locked
from services.identity.commands.deputations import Absence
from services.identity.domain.deputations import Deputation
from services.identity.domain.errors import RuleBroken
from services.identity.policy import policy
from services.identity.queries.staff import ADMINISTRATION, record_of
from services.identity.store import deputations
from services.identity.store.staff import find_staff
from shared.auth import Subject
from shared.clock import now
from shared.service import caller_of
from shared.web import Answer, Body
from shared.web.problems import NotFound

router = APIRouter(prefix="/v1", tags=["staff"])

_NONE = "There is no such deputation that you may end."
_SHOWN = 50


class DeputationIn(Body):
    """When the holder is away and who fills the office."""

    deputy: str = Field(max_length=40, description="the deputy's office, stf_…: same department")
    begins_at: AwareDatetime | None = Field(None, description="left out means now")
    ends_at: AwareDatetime
    roles: list[Annotated[str, Field(max_length=40)]] | None = Field(
        None, max_length=20, description="which roles pass on; left out means all that can"
    )


class DeputationOut(BaseModel):
    """A deputation as it stands."""

    id: str
    office: str
    deputy: str
    roles: list[str]
    begins_at: datetime
    ends_at: datetime
    ended_at: datetime | None
    active: bool


class DeputationsOut(BaseModel):
    """The deputations around one office, the newest first."""

    items: list[DeputationOut]


@router.get("/staff/{staff}/deputations", response_model=DeputationsOut)
async def list_deputations(staff: OfficeId, request: Request, subject: AtDesk) -> DeputationsOut:
    """Who filled this office and when, and which others its holder filled."""
    async with provider_of(request).db.read() as connection:
        held = await find_staff(connection, staff)
        record = await record_of(connection, held) if held else None
        if not record or not policy.decide(subject, "read_staff", record, ADMINISTRATION).allowed:
            raise NotFound(NO_OFFICE)
        found = await deputations.around(connection, staff, _SHOWN)
    return DeputationsOut(items=[_out(one) for one in found])


@router.post(
    "/staff/{staff}/deputations",
    status_code=201,
    response_model=DeputationOut,
    responses=ACT_PROBLEMS,
)
async def name_deputy(
    staff: OfficeId, body: DeputationIn, request: Request, subject: AtDesk
) -> Response:
    """Name a deputy; he chooses at his login to fill this office, and his token says so."""
    absence = Absence(**body.model_dump())

    async def name(tx: AsyncConnection) -> Answer:
        held = await locked(tx, subject, staff, "depute_staff")
        try:
            made = await provider_of(request).deputations.name(tx, held, absence, by=subject.sub)
        except RuleBroken as broken:
            raise problem_of(broken) from None
        return Answer(201, _out(made))

    return await runtime_of(request).idempotency.run(request, caller_of(subject), name)


@router.post("/deputations/{deputation}/end", response_model=DeputationOut)
async def end_deputation(
    deputation: Annotated[str, Path(max_length=40)], request: Request, subject: AtDesk
) -> Response:
    """End it at once; the deputy's tokens for that office are refused within moments."""

    async def end(tx: AsyncConnection) -> Answer:
        held = await _known(tx, subject, deputation)
        if held.ended_at is None:
            await provider_of(request).deputations.end(tx, held, by=subject.sub)
        ended = await deputations.find_deputation(tx, deputation)
        return Answer(200, _out(ended or held))

    return await runtime_of(request).idempotency.run(request, caller_of(subject), end)


async def _known(tx: AsyncConnection, subject: Subject, id_: str) -> Deputation:
    held = await deputations.lock_deputation(tx, id_)
    office = await find_staff(tx, held.office) if held else None
    deputy = await find_staff(tx, held.deputy) if held else None
    if held is None or office is None or deputy is None:
        raise NotFound(_NONE)
    around = (await record_of(tx, office), await record_of(tx, deputy))
    if not policy.decide(subject, "end_deputation", around, ADMINISTRATION).allowed:
        raise NotFound(_NONE)
    return held


def _out(held: Deputation) -> DeputationOut:
    return DeputationOut(
        id=held.id,
        office=held.office,
        deputy=held.deputy,
        roles=list(held.roles),
        begins_at=held.begins_at,
        ends_at=held.ends_at,
        ended_at=held.ended_at,
        active=held.active(now()),
    )
