"""Resident staff (驻厅人员): offices that departments send into a hall."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.api.v1.caller import problem_of, provider_of, runtime_of
from services.identity.api.v1.offices import ACT_PROBLEMS, AtDesk, OfficeId, locked
from services.identity.domain.errors import RuleBroken
from services.identity.domain.secondments import Secondment
from services.identity.domain.systems import place
from services.identity.policy import policy
from services.identity.queries.staff import ADMINISTRATION, record_of
from services.identity.store import secondments
from services.identity.store.staff import find_staff
from shared.auth import Subject
from shared.service import caller_of
from shared.web import Answer, Body, Cursor, Limit, Page, decode_cursor, encode_cursor
from shared.web.problems import NotFound

router = APIRouter(prefix="/v1", tags=["staff"])

_NONE = "There is no such secondment that you may end."


class SecondmentIn(Body):
    """Into which hall, from when until when."""

    hall_department: str = Field(max_length=18, description="the department that runs the hall")
    hall_region: str = Field(max_length=12, description="6, 9 or 12 digits")
    begins_at: AwareDatetime | None = Field(None, description="left out means now")
    ends_at: AwareDatetime


class SecondmentOut(BaseModel):
    """A secondment as it stands."""

    id: str
    office: str
    hall_department: str
    hall_region: str
    begins_at: datetime
    ends_at: datetime
    ended_at: datetime | None


@router.get("/residents", response_model=Page[SecondmentOut])
async def list_residents(
    request: Request, subject: AtDesk, cursor: Cursor = None, limit: Limit = 50
) -> Page[SecondmentOut]:
    """Who is sent into the hall that the caller manages."""
    policy.check(subject, "read_residents", None, ADMINISTRATION)
    hall = subject.staff
    assert hall is not None  # noqa: S101 - the rule allows nobody else
    behind = str(decode_cursor(cursor, str)[0]) if cursor else None
    async with provider_of(request).db.read() as connection:
        found = await secondments.of_hall(
            connection, hall.department, hall.region, behind, limit + 1
        )
    shown = found[:limit]
    following = encode_cursor([shown[-1].id]) if len(found) > limit else None
    return Page(items=[_out(one) for one in shown], next=following)


@router.post(
    "/staff/{staff}/secondments",
    status_code=201,
    response_model=SecondmentOut,
    responses=ACT_PROBLEMS,
)
async def second_staff(
    staff: OfficeId, body: SecondmentIn, request: Request, subject: AtDesk
) -> Response:
    """Send an office into a hall; its department, roles and rights stay what they are."""

    async def send(tx: AsyncConnection) -> Answer:
        held = await locked(tx, subject, staff, "second_staff")
        try:
            made = await provider_of(request).secondments.send(
                tx,
                held,
                place(body.hall_department, body.hall_region),
                begins_at=body.begins_at,
                ends_at=body.ends_at,
                by=subject.sub,
            )
        except RuleBroken as broken:
            raise problem_of(broken) from None
        return Answer(201, _out(made))

    return await runtime_of(request).idempotency.run(request, caller_of(subject), send)


@router.post("/secondments/{secondment}/end", response_model=SecondmentOut)
async def end_secondment(
    secondment: Annotated[str, Path(max_length=40)], request: Request, subject: AtDesk
) -> Response:
    """Call the office back: by who sent it, or by the hall's manager."""

    async def end(tx: AsyncConnection) -> Answer:
        held = await _known(tx, subject, secondment)
        if held.ended_at is None:
            await provider_of(request).secondments.end(tx, held, by=subject.sub)
        ended = await secondments.lock_secondment(tx, secondment)
        return Answer(200, _out(ended or held))

    return await runtime_of(request).idempotency.run(request, caller_of(subject), end)


async def _known(tx: AsyncConnection, subject: Subject, id_: str) -> Secondment:
    held = await secondments.lock_secondment(tx, id_)
    office = await find_staff(tx, held.office) if held else None
    if held is None or office is None:
        raise NotFound(_NONE)
    record = await record_of(tx, office)
    if not policy.decide(subject, "end_secondment", record, ADMINISTRATION).allowed:
        raise NotFound(_NONE)
    return held


def _out(held: Secondment) -> SecondmentOut:
    return SecondmentOut(
        id=held.id,
        office=held.office,
        hall_department=held.hall_department,
        hall_region=held.hall_region,
        begins_at=held.begins_at,
        ends_at=held.ends_at,
        ended_at=held.ended_at,
    )
