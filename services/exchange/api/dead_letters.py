"""Dead letters of a subscription: its receiver lists them, and has them sent again."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Request, Response
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from services.exchange.api.common import database, problems
from services.exchange.api.subscription_models import DeadLetterOut, SubscriptionOut
from services.exchange.api.subscriptions import (
    Follower,
    SubscriptionId,
    act_on,
    readable,
    subscribing_of,
)
from services.exchange.store import Queue
from shared.web import Cursor, Limit, Page, decode_cursor, encode_cursor

router = APIRouter(prefix="/v1", tags=["subscriptions"])

EventId = Annotated[str, Path(pattern=r"^[0-9A-Za-z._:-]{1,64}$", description="the event's id")]


@router.get("/subscriptions/{subscription_id}/dead-letters", responses=problems(403, 404))
async def list_undelivered(
    subscription_id: SubscriptionId,
    request: Request,
    follower: Follower,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[DeadLetterOut]:
    """What could not be delivered in its time, in the order in which it came."""
    row = await readable(request, subscription_id, follower)
    after = decode_cursor(cursor, int)[0] if cursor else 0
    async with database(request).read() as connection:
        found = await Queue(connection).dead(row.id, after, limit + 1)
    page = found[:limit]
    following = encode_cursor([page[-1].position]) if len(found) > limit else None
    return Page(items=[_letter(one) for one in page], next=following)


@router.post(
    "/subscriptions/{subscription_id}/dead-letters/{event_id}/replay",
    response_model=SubscriptionOut,
    responses=problems(403, 404, 409, 412, 503),
)
async def replay_delivery(
    subscription_id: SubscriptionId, event_id: EventId, request: Request, follower: Follower
) -> Response:
    """Send a dead letter again at once, and then what waits behind it."""
    subscribing = subscribing_of(request)

    async def revive(tx: AsyncConnection, row: Row[Any], by: str) -> None:
        await subscribing.revive(tx, row, by, event_id)

    return await act_on(request, follower, subscription_id, revive)


@router.post(
    "/subscriptions/{subscription_id}/dead-letters/{event_id}/discard",
    response_model=SubscriptionOut,
    responses=problems(403, 404, 409, 412, 503),
)
async def discard_delivery(
    subscription_id: SubscriptionId, event_id: EventId, request: Request, follower: Follower
) -> Response:
    """Give a dead letter up for good; what waits behind it is sent."""
    subscribing = subscribing_of(request)

    async def discard(tx: AsyncConnection, row: Row[Any], by: str) -> None:
        await subscribing.discard(tx, row, by, event_id)

    return await act_on(request, follower, subscription_id, discard)


def _letter(row: Any) -> DeadLetterOut:
    plain = {
        name: row._mapping[name] for name in DeadLetterOut.model_fields if name in row._mapping
    }
    return DeadLetterOut(
        **{name: value for name, value in plain.items() if name != "event"},
        event=row.event_id,
        envelope=orjson.loads(row.event),
    )
