"""Permits: seen by who holds them, granted and revoked by who provides the data."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import StringConstraints
from sqlalchemy.ext.asyncio import AsyncConnection

from services.exchange.api.common import actor_of, database, problems, settings_of
from services.exchange.api.models import PermitOut, permit_out
from services.exchange.commands import Granting, PermitIn
from services.exchange.commands.grant import no_permit
from services.exchange.commands.problems import no_resource
from services.exchange.policy import Domain, managed_permits, policy
from services.exchange.store import Permits, Resources
from shared.auth import Subject, requires, requires_any
from shared.service import caller_of
from shared.web import (
    Answer,
    Body,
    Cursor,
    Limit,
    Page,
    decode_cursor,
    encode_cursor,
    etag,
    expected_version,
    require_version,
)

router = APIRouter(prefix="/v1", tags=["permits"])

Reader = Annotated[Subject, requires_any("exchange.query", "exchange.manage")]
Manager = Annotated[Subject, requires("exchange.manage")]
PermitId = Annotated[str, Path(pattern=r"^prm_[0-9a-f]{32}$")]


class Revocation(Body):
    """Why a permit ends."""

    ground: Annotated[str, StringConstraints(min_length=1, max_length=500)]


@router.get("/permits", responses=problems(403))
async def list_permits(
    request: Request,
    reader: Reader,
    resource: Annotated[str | None, Query(max_length=64, description="a resource's code")] = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[PermitOut]:
    """The permits one holds; for a data officer, all that concern the own department."""
    visible = managed_permits(reader, settings_of(request).coordinators)
    if visible is None or not reader.allows("exchange.manage"):
        visible = policy.scope(reader, "read_permits", "manage")
    after = decode_cursor(cursor, str)[0] if cursor else ""
    async with database(request).read() as connection:
        found = await Permits(connection).page(visible, after, limit + 1, resource)
    page = found[:limit]
    following = encode_cursor([page[-1].id]) if len(found) > limit else None
    return Page(items=[permit_out(row) for row in page], next=following)


@router.post(
    "/permits",
    status_code=201,
    response_model=PermitOut,
    responses=problems(403, 404, 409, 422, 503),
)
async def grant_permit(permit: PermitIn, request: Request, manager: Manager) -> Response:
    """Permit a client or a department to ask a resource of the own department."""
    granting: Granting = request.app.state.granting
    coordinators = settings_of(request).coordinators

    async def grant(tx: AsyncConnection) -> Answer:
        resource = await Resources(tx).find(permit.resource)
        if resource is None:
            raise no_resource(permit.resource)
        policy.check(manager, "manage", Domain(resource.owner, coordinators), "manage")
        granted = await granting.grant(tx, permit, resource, actor_of(manager))
        return Answer(201, permit_out(granted), {"ETag": etag(granted.version)})

    runtime = request.app.state.runtime
    result: Response = await runtime.idempotency.run(request, caller_of(manager), grant)
    return result


@router.post(
    "/permits/{permit_id}/revoke",
    response_model=PermitOut,
    responses=problems(403, 404, 409, 412, 422, 503),
)
async def revoke_permit(
    permit_id: PermitId, revocation: Revocation, request: Request, manager: Manager
) -> Response:
    """End a permit at once; no call that begins afterwards rests on it."""
    granting: Granting = request.app.state.granting
    coordinators = settings_of(request).coordinators

    async def revoke(tx: AsyncConnection) -> Answer:
        permit = await Permits(tx).locked(permit_id)
        if permit is None:
            raise no_permit(permit_id)
        policy.check(manager, "manage", Domain(permit.owner, coordinators), "manage")
        by, at = permit.revoked_by or permit.granted_by, permit.revoked_at or permit.granted_at
        require_version(expected_version(request), permit.version, by=by, at=at)
        ended = await granting.revoke(tx, permit, revocation.ground, actor_of(manager))
        return Answer(200, permit_out(ended), {"ETag": etag(ended.version)})

    runtime = request.app.state.runtime
    result: Response = await runtime.idempotency.run(request, caller_of(manager), revoke)
    return result
