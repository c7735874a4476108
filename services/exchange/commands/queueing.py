"""Putting events into the queues of the subscriptions that want them, as they come or again."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from services.exchange.domain import Wants, facts_of
from services.exchange.policy import EVERYONE, audiences_of
from services.exchange.store import Entry, Feed, Queue, Subscriptions
from shared.clock import now
from shared.db import Database
from shared.events import Envelope
from shared.failpoints import declare, failpoint

_PAGE = 500

QUEUED = declare(
    "exchange.webhook.queued", "an event is in the queues of its receivers, not committed"
)


async def queue_event(tx: AsyncConnection, envelope: Envelope, positions: Mapping[str, int]) -> int:
    """Queue an event that took these positions in the feed, by audience; says for how many.

    The subscriptions are read after the position was taken: whoever resumes or begins one holds
    the feed's head meanwhile, so that no event falls between its filling and this.
    """
    if not positions:
        return 0
    departments = None if EVERYONE in positions else positions
    facts = facts_of(envelope.type, envelope.data)
    rows = [
        _row(subscription.id, position, envelope)
        for subscription in await Subscriptions(tx).active(departments)
        if wants_of(subscription).cover(facts)
        and (position := _seen(subscription.department, positions)) is not None
    ]
    await Queue(tx).put(rows, now())
    if rows:
        failpoint(QUEUED)
    return len(rows)


class Filling:
    """Puts what the feed holds into the queue of a subscription that asked for it."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def work(self) -> bool:
        """One page for each subscription that is being filled; True while there are more."""
        async with self._db.read() as connection:
            filling = await Subscriptions(connection).filling()
        for subscription in filling:
            async with self._db.write() as tx:
                await self._page(tx, subscription)
        return bool(filling)

    async def _page(self, tx: AsyncConnection, subscription_id: str) -> None:
        subscription = await Subscriptions(tx).locked(subscription_id)
        if subscription is None or subscription.paused or subscription.fill_until is None:
            return  # another process, or its owner, was here first
        await Feed(tx).lock()
        audiences = audiences_of(subscription.department)
        place = (subscription.filled or 0, subscription.fill_until)
        page = await Feed(tx).page(audiences, subscription.types, *place, _PAGE)
        rows = list(_wanted(subscription, page))
        await Queue(tx).put(rows, now())
        await Queue(tx).revive(subscription_id, (row["position"] for row in rows), now())
        ended = len(page) < _PAGE
        following = {
            "filled": None if ended else page[-1].position,
            "fill_until": None if ended else subscription.fill_until,
        }
        await Subscriptions(tx).change(subscription_id, **following)


def wants_of(subscription: Row[Any]) -> Wants:
    """What a stored subscription asks for."""
    return Wants(
        tuple(subscription.types), frozenset(subscription.items), frozenset(subscription.regions)
    )


def _wanted(subscription: Row[Any], page: Iterable[Entry]) -> Iterable[dict[str, Any]]:
    wants = wants_of(subscription)
    for entry in page:
        envelope = Envelope.parse(entry.event)
        if wants.cover(facts_of(envelope.type, envelope.data)):
            yield _row(subscription.id, entry.position, envelope)


def _seen(department: str, positions: Mapping[str, int]) -> int | None:
    """The first place at which the department sees the event."""
    visible = audiences_of(department).intersection(positions)
    return min((positions[audience] for audience in visible), default=None)


def _row(subscription: str, position: int, envelope: Envelope) -> dict[str, Any]:
    return {
        "subscription": subscription,
        "position": position,
        "subject": envelope.subject,
        "event_id": envelope.id,
        "type": envelope.type,
    }
