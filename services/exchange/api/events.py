"""The feed of events for departments."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from services.exchange.api.common import is_event_type, problems
from services.exchange.policy import policy
from services.exchange.queries import FeedReader
from shared.auth import Subject, requires
from shared.web import Text, decode_cursor, encode_cursor
from shared.web.problems import BadRequest

router = APIRouter(prefix="/v1", tags=["events"])

Follower = Annotated[Subject, requires("events.read")]
_MOST_TYPES = 20
_LAST = 2**63 - 1


class Events(BaseModel):
    """Events in their order, and where to go on."""

    events: list[dict[str, Any]] = Field(description="CloudEvents 1.0, structured JSON")
    next: str = Field(description="pass it on as `after`, also when there were no events")


@router.get("/events", responses=problems(403))
async def read_events(
    request: Request,
    follower: Follower,
    after: Annotated[
        str | None, Query(max_length=100, description="`next` of the answer before; absent: all")
    ] = None,
    types: Annotated[
        str | None,
        Query(max_length=1000, description="by comma; tongban.cases.* means all of a service"),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    wait: Annotated[float, Query(ge=0, le=25, description="seconds to wait for the first")] = 0,
) -> Events:
    """The events that concern the own department, and public ones, after a cursor."""
    audiences = policy.scope(follower, "follow", "follow")
    reader: FeedReader = request.app.state.feed
    found = await reader.read(audiences, _types(types), _position(after), limit, wait)
    return Events(events=found.events, next=encode_cursor([found.position]))


def _position(after: str | None) -> int:
    """Where to go on; a place that no feed can have is no cursor of ours."""
    position: int = decode_cursor(after, int)[0] if after else 0
    if not 0 <= position <= _LAST:
        raise BadRequest(
            Text("after 无效：请原样使用上一次的 next。", "Pass on `next` of the answer before.")
        )
    return position


def _types(given: str | None) -> tuple[str, ...]:
    types = tuple(one.strip() for one in (given or "").split(",") if one.strip())
    if len(types) > _MOST_TYPES or any(not is_event_type(one) for one in types):
        raise BadRequest(
            Text(
                "types 应为事件类型，用逗号分隔，可用 tongban.cases.* 表示一个服务的全部。",
                "types are event types by comma; tongban.cases.* means all of a service.",
            )
        )
    return types
