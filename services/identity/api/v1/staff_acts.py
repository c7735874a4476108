"""Acts on an office: its place, its roles, whether somebody works in it."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.api.v1.caller import holds, problem_of
from services.identity.api.v1.offices import ACT_PROBLEMS, AtDesk, OfficeId, OfficeOut, act_on
from services.identity.commands.staff import Offices
from services.identity.domain.errors import RuleBroken
from services.identity.domain.systems import place
from services.identity.policy import StaffRecord, policy
from services.identity.queries.staff import ADMINISTRATION
from services.identity.store.staff import Held, find_staff
from shared.auth import Subject
from shared.web import Body
from shared.web.problems import NotFound

router = APIRouter(prefix="/v1/staff/{staff}", tags=["staff"], responses=ACT_PROBLEMS)


class MoveIn(Body):
    """Where the office is from now on."""

    department: str = Field(max_length=18, description="its unified code, 18 characters")
    region: str = Field(max_length=12, description="6, 9 or 12 digits")


class RoleIn(Body):
    """A role by its code."""

    role: str = Field(max_length=40)


@router.post("/move", response_model=OfficeOut)
async def move_staff(staff: OfficeId, body: MoveIn, request: Request, subject: AtDesk) -> Response:
    """To another department or region; deputies and secondments end, tokens are refused."""
    try:
        to = place(body.department, body.region)
    except RuleBroken as broken:
        raise problem_of(broken) from None

    async def move(tx: AsyncConnection, offices: Offices, held: Held) -> Held:
        there = StaffRecord(staff, held.office.person, to.department, to.region)
        policy.check(subject, "move_staff", there, ADMINISTRATION)
        return await offices.move(tx, held, to, by=subject.sub)

    return await act_on(request, subject, staff, "move_staff", move)


@router.post("/grant-role", response_model=OfficeOut)
async def grant_role(staff: OfficeId, body: RoleIn, request: Request, subject: AtDesk) -> Response:
    """One role more; 409 when the person holds one that excludes it."""

    async def grant(tx: AsyncConnection, offices: Offices, held: Held) -> Held:
        return await offices.grant_role(tx, held, body.role, by=subject.sub)

    return await act_on(request, subject, staff, "grant_role", grant)


@router.post("/take-role", response_model=OfficeOut)
async def take_role(staff: OfficeId, body: RoleIn, request: Request, subject: AtDesk) -> Response:
    """One role less; tokens that name it are refused everywhere within moments."""

    async def take(tx: AsyncConnection, offices: Offices, held: Held) -> Held:
        return await offices.take_role(tx, held, body.role, by=subject.sub)

    return await act_on(request, subject, staff, "take_role", take)


@router.post("/activate", response_model=OfficeOut)
async def activate_staff(staff: OfficeId, request: Request, subject: AtDesk) -> Response:
    """Let its holder work in it, for the first time or again."""

    async def activate(tx: AsyncConnection, offices: Offices, held: Held) -> Held:
        return await offices.activate(tx, held, by=subject.sub)

    return await act_on(request, subject, staff, "activate_staff", activate)


@router.post("/deactivate", response_model=OfficeOut)
async def deactivate_staff(
    staff: OfficeId, request: Request, subject: Annotated[Subject, holds("identity.manage")]
) -> Response:
    """End an office; tokens that name it are refused everywhere within moments."""

    async def deactivate(tx: AsyncConnection, offices: Offices, held: Held) -> Held:
        ended = await offices.deactivate(tx, held.office.id, by=subject.sub)
        now_so = await find_staff(tx, staff)
        if not ended or now_so is None:
            raise NotFound("There is no such active office.")
        return now_so

    return await act_on(request, subject, staff, "deactivate_staff", deactivate)
