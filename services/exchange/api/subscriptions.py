"""Subscriptions: events that are posted to a department's own system."""

import time
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Request, Response
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from services.exchange.api.common import database, problems
from services.exchange.api.subscription_models import (
    Pinged,
    Replay,
    Rotation,
    SubscriptionChange,
    SubscriptionIn,
    SubscriptionOut,
    SubscriptionWithSecret,
    subscription_out,
)
from services.exchange.commands import Owner, Sender, Subscribing, present
from services.exchange.commands.problems import no_subscription
from services.exchange.policy import policy
from services.exchange.store import Subscriptions
from shared.auth import Subject, requires
from shared.events import Envelope
from shared.service import caller_of
from shared.telemetry import traceparent
from shared.web import (
    Answer,
    Cursor,
    Limit,
    Page,
    decode_cursor,
    encode_cursor,
    etag,
    expected_version,
    require_version,
)

router = APIRouter(prefix="/v1", tags=["subscriptions"])

Follower = Annotated[Subject, requires("events.read")]
SubscriptionId = Annotated[str, Path(pattern=r"^sub_[0-9a-f]{32}$")]
Act = Callable[[AsyncConnection, Row[Any], str], Awaitable[None]]
_PING = "tongban.exchange.ping.v1"
_NEVER = {"Cache-Control": "no-store"}


@router.get("/subscriptions", responses=problems(403))
async def list_subscriptions(
    request: Request, follower: Follower, cursor: Cursor = None, limit: Limit = 20
) -> Page[SubscriptionOut]:
    """The subscriptions of the own department, oldest first."""
    visible = visible_to(follower)
    after = decode_cursor(cursor, str)[0] if cursor else ""
    async with database(request).read() as connection:
        found = await Subscriptions(connection).page(visible, after, limit + 1)
    page = found[:limit]
    following = encode_cursor([page[-1].id]) if len(found) > limit else None
    return Page(items=[subscription_out(row) for row in page], next=following)


@router.post(
    "/subscriptions",
    status_code=201,
    response_model=SubscriptionWithSecret,
    responses=problems(403, 409, 422, 503),
)
async def make_subscription(
    subscription: SubscriptionIn, request: Request, follower: Follower
) -> Response:
    """Have the own department's events posted to a receiver; its signing secret is told once."""
    owner = _owner(follower)
    subscribing = subscribing_of(request)
    await subscribing.require_reachable(subscription.url)

    async def make(tx: AsyncConnection) -> Answer:
        wants, since = subscription.wants(), subscription.since
        made = await subscribing.make(tx, owner, wants, since)
        return _answer(201, await present(tx, made, visible_to(follower)))

    answer: Response = await _runtime(request).idempotency.run(request, caller_of(follower), make)
    return await _with_secret(request, follower, answer)


@router.get("/subscriptions/{subscription_id}", responses=problems(403, 404))
async def read_subscription(
    subscription_id: SubscriptionId, request: Request, response: Response, follower: Follower
) -> SubscriptionOut:
    """A subscription: its status, its last success and failure, and what waits."""
    row = await readable(request, subscription_id, follower)
    response.headers["ETag"] = etag(row.version)
    return subscription_out(row)


@router.patch(
    "/subscriptions/{subscription_id}",
    response_model=SubscriptionOut,
    responses=problems(403, 404, 412, 422, 503),
)
async def change_subscription(
    subscription_id: SubscriptionId,
    change: SubscriptionChange,
    request: Request,
    follower: Follower,
) -> Response:
    """Another URL, or other events, from now on."""
    subscribing = subscribing_of(request)
    visible = visible_to(follower)
    if change.url is not None:
        await subscribing.require_reachable(change.url)
    async with database(request).write() as tx:
        row = await _expected(tx, request, subscription_id, visible)
        if wants := change.wants():
            await subscribing.change(tx, row, follower.client_id, wants)
        answer = _answer(200, await present(tx, subscription_id, visible))
    return Response(answer.content(), 200, answer.headers, media_type="application/json")


@router.delete(
    "/subscriptions/{subscription_id}", status_code=204, responses=problems(403, 404, 412, 503)
)
async def remove_subscription(
    subscription_id: SubscriptionId, request: Request, follower: Follower
) -> Response:
    """End a subscription; what waits for it is dropped."""
    async with database(request).write() as tx:
        row = await _expected(tx, request, subscription_id, visible_to(follower))
        await subscribing_of(request).remove(tx, row, follower.client_id)
    return Response(status_code=204)


@router.post(
    "/subscriptions/{subscription_id}/pause",
    response_model=SubscriptionOut,
    responses=problems(403, 404, 409, 412, 503),
)
async def pause_subscription(
    subscription_id: SubscriptionId, request: Request, follower: Follower
) -> Response:
    """Send nothing until it is resumed."""
    return await act_on(request, follower, subscription_id, subscribing_of(request).pause)


@router.post(
    "/subscriptions/{subscription_id}/resume",
    response_model=SubscriptionOut,
    responses=problems(403, 404, 409, 412, 503),
)
async def resume_subscription(
    subscription_id: SubscriptionId, request: Request, follower: Follower
) -> Response:
    """Send again; what came during the pause comes first."""
    return await act_on(request, follower, subscription_id, subscribing_of(request).resume)


@router.post(
    "/subscriptions/{subscription_id}/replay",
    response_model=SubscriptionOut,
    responses=problems(403, 404, 409, 412, 422, 503),
)
async def replay_subscription(
    subscription_id: SubscriptionId, replay: Replay, request: Request, follower: Follower
) -> Response:
    """Send again all that came since a moment, dead letters among it."""
    subscribing = subscribing_of(request)

    async def again(tx: AsyncConnection, row: Row[Any], by: str) -> None:
        await subscribing.replay(tx, row, by, replay.since)

    return await act_on(request, follower, subscription_id, again)


@router.post(
    "/subscriptions/{subscription_id}/secret",
    response_model=SubscriptionWithSecret,
    responses=problems(403, 404, 409, 412, 422, 503),
)
async def rotate_secret(
    subscription_id: SubscriptionId, rotation: Rotation, request: Request, follower: Follower
) -> Response:
    """A new signing secret, told once; the one before signs beside it for a while."""
    subscribing = subscribing_of(request)

    async def rotate(tx: AsyncConnection, row: Row[Any], by: str) -> None:
        await subscribing.rotate(tx, row, by, rotation.overlap_hours)

    answer = await act_on(request, follower, subscription_id, rotate)
    return await _with_secret(request, follower, answer)


@router.post(
    "/subscriptions/{subscription_id}/test",
    responses=problems(403, 404, 503),
    openapi_extra={"x-safe": True},  # it changes nothing: it takes no Idempotency-Key
)
async def ping_subscription(
    subscription_id: SubscriptionId, request: Request, follower: Follower
) -> Pinged:
    """Post a ping to the receiver at once, and tell what came of it."""
    row = await readable(request, subscription_id, follower)
    sender: Sender = request.app.state.sender
    ping = Envelope(
        source="/services/exchange",
        type=_PING,
        subject=subscription_id,
        sequence=1,
        data={"subscription": subscription_id},
        traceparent=traceparent(),
    )
    began = time.perf_counter()
    answer = await sender.post(row.url, sender.secrets(subscription_id, row), ping, ping.encode())
    return Pinged(
        event=ping.id,
        delivered=answer.is_success,
        status=answer.status,
        reason=None if answer.is_success else answer.reason,
        milliseconds=round((time.perf_counter() - began) * 1000),
    )


def visible_to(follower: Subject) -> Any:
    """The subscriptions that one may see and change."""
    return policy.scope(follower, "subscribe", "follow")


def subscribing_of(request: Request) -> Subscribing:
    """The acts."""
    subscribing: Subscribing = request.app.state.subscribing
    return subscribing


async def readable(request: Request, subscription_id: str, follower: Subject) -> Row[Any]:
    """A subscription that one may see, as it is now."""
    visible = visible_to(follower)
    async with database(request).read() as connection:
        row = await Subscriptions(connection).find(subscription_id, visible)
    if row is None:
        raise no_subscription(subscription_id)
    return row


async def act_on(request: Request, follower: Subject, subscription_id: str, act: Act) -> Response:
    """An act on a subscription that one may change, once per Idempotency-Key."""
    visible = visible_to(follower)

    async def command(tx: AsyncConnection) -> Answer:
        row = await _expected(tx, request, subscription_id, visible)
        await act(tx, row, follower.client_id)
        return _answer(200, await present(tx, subscription_id, visible))

    done: Response = await _runtime(request).idempotency.run(request, caller_of(follower), command)
    return done


async def _expected(
    tx: AsyncConnection, request: Request, subscription_id: str, visible: Any
) -> Row[Any]:
    row = await present(tx, subscription_id, visible)
    require_version(expected_version(request), row.version, by=row.changed_by, at=row.changed_at)
    return row


async def _with_secret(request: Request, follower: Subject, answer: Response) -> Response:
    """Add the secret on its way out: the stored answer, kept for retries, does not hold it."""
    body = orjson.loads(bytes(answer.body))
    row = await readable(request, body["id"], follower)
    sender: Sender = request.app.state.sender
    versions = (row.secret_version, row.secret_version - 1)
    good = dict(zip(versions, sender.secrets(row.id, row), strict=False))
    told = SubscriptionWithSecret(**body, secret=good.get(body["secret_version"]))
    kept = {name: value for name, value in answer.headers.items() if name != "content-length"}
    content = orjson.dumps(told.model_dump(mode="json"))
    return Response(content, answer.status_code, kept | _NEVER)


def _owner(follower: Subject) -> Owner:
    policy.check(follower, "subscribe", None, "follow")
    return Owner(follower.client_id, follower.department or "")


def _answer(status: int, row: Row[Any]) -> Answer:
    return Answer(status, subscription_out(row), {"ETag": etag(row.version)})


def _runtime(request: Request) -> Any:
    return request.app.state.runtime
