"""Deliver what is queued: in order per subject, several subjects and receivers side by side.

A subject is leased in the database before it is sent and marked under that lease afterwards, so of
two processes one delivers it. Who dies in between leaves a lease that ends, and the event is sent
again: at least once, and never out of order.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import structlog
from opentelemetry import trace
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer
from sqlalchemy import Row
from sqlalchemy.exc import SQLAlchemyError

from services.exchange.commands.outcomes import Outcomes, Terms
from services.exchange.commands.queueing import Filling
from services.exchange.domain import signed
from services.exchange.store import Claimed, Leases, SigningVault
from shared.clock import now
from shared.crypto import CryptoError
from shared.db import Database, DatabaseError
from shared.events import Envelope
from shared.events.tracing import continuing
from shared.failpoints import declare, failpoint
from shared.http import Answer, Posting
from shared.telemetry import traceparent

Count = Callable[[str, str], None]

CONTENT_TYPE = "application/cloudevents+json"
_LOOK_SECONDS = 0.25
_BREATH_SECONDS = 0.01
_AWAY = (DatabaseError, SQLAlchemyError, OSError)
_log = structlog.get_logger("webhooks")

CLAIMED = declare("exchange.webhook.claimed", "subjects are leased, nothing is sent")
BEFORE_SEND = declare("exchange.webhook.before_send", "an event is about to be sent")
AFTER_SEND = declare("exchange.webhook.after_send", "a receiver has answered, nothing is marked")
MARKED = declare("exchange.webhook.marked", "what came of a delivery is committed")


class Sender:
    """Signs an event and posts it, in the event's own trace."""

    def __init__(self, webhooks: Posting, vault: SigningVault, tracer: Tracer) -> None:
        self._webhooks = webhooks
        self._vault = vault
        self._tracer = tracer

    async def send(self, claimed: Claimed) -> Answer:
        """Deliver what was claimed; without its secret nothing leaves."""
        try:
            secrets = self.secrets(claimed.subscription, claimed)
        except CryptoError as error:
            _log.error("a webhook cannot be signed", why=type(error).__name__)
            return Answer(None, "cannot_sign")
        envelope, again = Envelope.parse(claimed.event), claimed.attempts > 0
        return await self.post(claimed.url, secrets, envelope, claimed.event, again=again)

    def secrets(self, subscription: str, kept: Claimed | Row[Any]) -> list[str]:
        """The secrets that are good now, the newest first."""
        found = [self._vault.open(subscription, kept.secret)]
        until = kept.previous_until
        if kept.previous_secret is not None and until is not None and until > now():
            found.append(self._vault.open(subscription, kept.previous_secret, previous=True))
        return found

    async def post(
        self,
        url: str,
        secrets: Sequence[str],
        envelope: Envelope,
        body: bytes,
        *,
        again: bool = False,
    ) -> Answer:
        """Post one event; the trace goes along, nothing else of ours."""
        with continuing(self._tracer, "deliver", SpanKind.CLIENT, envelope, again=again):
            timestamp = int(time.time())
            headers = {
                "Content-Type": CONTENT_TYPE,
                "webhook-id": envelope.id,
                "webhook-timestamp": str(timestamp),
                "webhook-signature": signed(secrets, envelope.id, timestamp, body),
            }
            if (parent := traceparent()) is not None:
                headers["traceparent"] = parent
            failpoint(BEFORE_SEND)
            answer = await self._webhooks.post(url, headers, body)
            if envelope.traceparent is not None:
                _tell_span(url, answer)
            return answer


class Deliverer:
    """Sends what is due until it is stopped."""

    def __init__(
        self, db: Database, sender: Sender, outcomes: Outcomes, terms: Terms, count: Count
    ) -> None:
        """`count(subscription, outcome)` hears of each delivery."""
        self._db = db
        self._sender = sender
        self._outcomes = outcomes
        self._terms = terms
        self._count = count
        self._filling = Filling(db)
        self._under_way: set[asyncio.Task[None]] = set()
        self._stop = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until the stop; what is under way is finished first."""
        self._stop = stop
        commits = self._db.changes.cursor()
        try:
            while not stop.is_set():
                if not await self._turn():
                    await commits.wait(_LOOK_SECONDS)
                # A burst of commits is one look.
                await asyncio.sleep(_BREATH_SECONDS)
            await asyncio.gather(*self._under_way)
        finally:
            for task in self._under_way:
                task.cancel()
            await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _turn(self) -> bool:
        """Fill, claim and begin what can be begun; True when there may be more at once."""
        try:
            more = await self._filling.work()
            async with self._db.read() as connection:
                due = await Leases(connection).due(now())
            for subscription in due:
                more |= await self._begin(subscription)
        except _AWAY as error:
            await _log.awarning("deliveries wait", why=type(error).__name__)
            return False
        return more

    async def _begin(self, subscription: str) -> bool:
        moment = now()
        async with self._db.write() as tx:
            claimed = await Leases(tx).claim(
                subscription, moment, moment + self._terms.lease, self._terms.at_once
            )
        if claimed:
            failpoint(CLAIMED)
        for one in claimed:
            task = asyncio.create_task(self._deliver(one))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        return bool(claimed)

    async def _deliver(self, claimed: Claimed) -> None:
        """Deliver a subject's events one after the other, as far as they are taken."""
        following: Claimed | None = claimed
        try:
            while following is not None:
                following = await self._once(following)
        except _AWAY as error:
            # Not marked: the lease ends, and it is sent again.
            await _log.awarning("a delivery is unmarked", why=type(error).__name__)
        except Exception as error:  # noqa: BLE001 - one delivery must not end all others
            await _log.aerror("a delivery failed", why=repr(error))

    async def _once(self, claimed: Claimed) -> Claimed | None:
        answer = await self._sender.send(claimed)
        failpoint(AFTER_SEND)
        async with self._db.write() as tx:
            go_on = not self._stop.is_set()
            marked = await self._outcomes.mark(tx, claimed, answer, go_on=go_on)
        failpoint(MARKED)
        self._count(claimed.subscription, marked.outcome)
        return marked.following


def _tell_span(url: str, answer: Answer) -> None:
    span = trace.get_current_span()
    span.set_attribute("http.request.method", "POST")
    span.set_attribute("server.address", httpx.URL(url).host)
    if answer.status is not None:
        span.set_attribute("http.response.status_code", answer.status)
    if not answer.is_success:
        span.set_attribute("error.type", answer.reason)
        span.set_status(Status(StatusCode.ERROR))
