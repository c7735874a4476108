"""Roles: what each opens, and which exclude each other."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.api.v1.caller import problem_of, provider_of, runtime_of
from services.identity.api.v1.offices import ACT_PROBLEMS, AtDesk
from services.identity.domain.errors import RuleBroken
from services.identity.domain.roles import Role
from services.identity.policy import policy
from services.identity.queries.staff import ADMINISTRATION
from services.identity.store.roles import all_roles, last_change
from shared.clock import now
from shared.service import caller_of
from shared.web import Answer, Body, etag, expected_version, require_version

router = APIRouter(prefix="/v1/roles", tags=["staff"])

Codes = Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=40)]


class RoleIn(Body):
    """A role as it is from now on."""

    zh: str = Field(max_length=60)
    en: str = Field(max_length=60)
    scopes: Codes
    conflicts: Codes = Field([], description="roles that one person does not hold beside it")
    passes: bool = Field(True, description="whether a deputy gets it during an absence")


class RoleOut(RoleIn):
    """A role; version 0 is as it was delivered."""

    code: str
    version: int


class RolesOut(BaseModel):
    """Every role."""

    items: list[RoleOut]


@router.get("", response_model=RolesOut)
async def list_roles(request: Request, subject: AtDesk) -> RolesOut:
    """Every role, by its code."""
    policy.check(subject, "read_roles", None, ADMINISTRATION)
    async with provider_of(request).db.read() as connection:
        roles = await all_roles(connection)
    return RolesOut(items=[_out(roles[code]) for code in sorted(roles)])


@router.put("/{role}", response_model=RoleOut, responses=ACT_PROBLEMS)
async def put_role(
    role: Annotated[str, Path(max_length=40)], body: RoleIn, request: Request, subject: AtDesk
) -> Response:
    """Change a role, or add one; what separates duties by rule cannot be taken away."""
    policy.check(subject, "change_role", None, ADMINISTRATION)
    wanted = Role(
        code=role,
        zh=body.zh,
        en=body.en,
        scopes=frozenset(body.scopes),
        conflicts=frozenset(body.conflicts),
        passes=body.passes,
    )

    async def put(tx: AsyncConnection) -> Answer:
        version, by, at = await last_change(tx, role)
        require_version(expected_version(request), version, by=by, at=at or now())
        try:
            kept = await provider_of(request).roles.put(tx, wanted, by=subject.sub)
        except RuleBroken as broken:
            raise problem_of(broken) from None
        return Answer(200, _out(kept), {"ETag": etag(kept.version)})

    return await runtime_of(request).idempotency.run(request, caller_of(subject), put)


def _out(role: Role) -> RoleOut:
    return RoleOut(
        code=role.code,
        zh=role.zh,
        en=role.en,
        scopes=sorted(role.scopes),
        conflicts=sorted(role.conflicts),
        passes=role.passes,
        version=role.version,
    )
