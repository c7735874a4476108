"""The catalogue of data resources."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.exchange.api.common import (
    ResourceCode,
    actor_of,
    code_of,
    database,
    problems,
    settings_of,
)
from services.exchange.api.models import ResourceOut, resource_out
from services.exchange.commands import Publishing, ResourceIn
from services.exchange.commands.problems import no_resource
from services.exchange.policy import Domain, policy
from services.exchange.store import Resources
from shared.auth import Subject, requires, requires_any
from shared.service import caller_of
from shared.web import (
    Answer,
    Cursor,
    InvalidFields,
    Limit,
    Page,
    decode_cursor,
    encode_cursor,
    etag,
    expected_version,
)

router = APIRouter(prefix="/v1", tags=["resources"])

Reader = Annotated[Subject, requires_any("exchange.query", "exchange.manage")]
Manager = Annotated[Subject, requires("exchange.manage")]


@router.get("/resources", responses=problems(403))
async def list_resources(
    request: Request,
    reader: Reader,  # noqa: ARG001 - whoever may ask or manage may know what there is
    owner: Annotated[str | None, Query(min_length=18, max_length=18)] = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[ResourceOut]:
    """The data resources that departments provide, in the order of their codes."""
    after = decode_cursor(cursor, str)[0] if cursor else ""
    async with database(request).read() as connection:
        found = await Resources(connection).page(after, limit + 1, owner)
    page = found[:limit]
    following = encode_cursor([page[-1].code]) if len(found) > limit else None
    return Page(items=[resource_out(one) for one in page], next=following)


@router.get("/resources/{code}", responses=problems(403, 404))
async def read_resource(
    code: ResourceCode,
    request: Request,
    response: Response,
    reader: Reader,  # noqa: ARG001 - as above
) -> ResourceOut:
    """One resource with its fields, without the way to its owner's system."""
    async with database(request).read() as connection:
        found = await Resources(connection).find(code_of(code))
    if found is None:
        raise no_resource(code_of(code))
    response.headers["ETag"] = etag(found.version)
    return resource_out(found)


@router.post(
    "/resources",
    status_code=201,
    response_model=ResourceOut,
    responses=problems(403, 409, 412, 422, 503),
)
async def publish_resource(resource: ResourceIn, request: Request, manager: Manager) -> Response:
    """Publish a resource of the own department, or its next version."""
    settings = settings_of(request)
    policy.check(manager, "manage", Domain(resource.owner, settings.coordinators), "manage")
    if resource.connector.url not in settings.connector_urls:
        detail = "运维人员须先把它列入 EXCHANGE_CONNECTOR_URLS (operators must list it there first)"
        raise InvalidFields([{"pointer": "/connector/url", "detail": detail}])
    publishing: Publishing = request.app.state.publishing

    async def publish(tx: AsyncConnection) -> Answer:
        published = await publishing.resource(
            tx, resource, actor_of(manager), expected_version(request)
        )
        headers = {"ETag": etag(published.version)}
        return Answer(201, resource_out(published), headers)

    runtime = request.app.state.runtime
    result: Response = await runtime.idempotency.run(request, caller_of(manager), publish)
    return result
