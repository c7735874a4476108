"""What identity revokes, heard from its events and applied at once (within a second at the edge).

Each process follows for itself and begins with what was told within the longest life of a token,
so that a restart brings nothing back to life. While the bus is away, tokens are checked as before.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from contextlib import suppress

from prometheus_client import CollectorRegistry, Gauge

from shared import clock
from shared.auth.verifier import Verifier
from shared.events import Backoff, BusUnavailable, Delivery, Envelope, EventBus, fetch
from shared.events.backoff import pause
from shared.events.errors import reason_of

TOPIC = "tongban.identity"
# Which attribute of the event's data names what was revoked.
REVOKED: Mapping[str, str] = {
    f"{TOPIC}.staff_deactivated.v1": "staff",
    f"{TOPIC}.staff_deputation_ended.v1": "deputation",
    f"{TOPIC}.delegation_revoked.v1": "delegation",
    f"{TOPIC}.session_ended.v1": "session",
    f"{TOPIC}.token_revoked.v1": "token",
    f"{TOPIC}.person_closed.v1": "person",
    f"{TOPIC}.signing_key_withdrawn.v1": "key",
}
# An office can be given again under its id. The others never come back: they are refused whatever
# the moment, so that a token whose issue and revocation crossed is not overlooked.
MAY_RETURN = frozenset({"staff"})
KEY = "key"
BATCH = 500
QUIET_SECONDS = 60.0
_AWAY = (BusUnavailable, OSError)
_log = logging.getLogger(__name__)


class RevocationFeed:
    """Tells a verifier what to refuse."""

    def __init__(
        self,
        bus: EventBus,
        verifier: Verifier,
        registry: CollectorRegistry,
        *,
        backoff: Backoff = Backoff(),  # noqa: B008 - frozen
    ) -> None:
        self._bus = bus
        self._verifiers = [verifier]
        self._backoff = backoff
        self._failures = 0
        self._tried = asyncio.Event()
        self._heard = Gauge(
            "revocations_heard",
            "1 while revocations are heard, 0 while the bus cannot be read",
            registry=registry,
        )

    def also(self, verifier: Verifier) -> None:
        """Tell another verifier of the same process too."""
        self._verifiers.append(verifier)

    async def run(self, stop: asyncio.Event) -> None:
        """Follow until the stop; a bus that is away is tried again, less and less often."""
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                try:
                    await self._follow(stopping)
                except _AWAY as error:
                    self._failed(error)
                    await pause(stop, self._backoff.delay(self._failures))
        finally:
            self._heard.set(0)
            stopping.cancel()

    async def caught_up(self, seconds: float = 2.0) -> None:
        """Wait until what was revoked before is known, or until the bus turns out to be away."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._tried.wait()

    async def _follow(self, stopping: "asyncio.Task[bool]") -> None:
        since = clock.now() - max(one.longest_life for one in self._verifiers)
        tail = await self._bus.tail([TOPIC], since)
        try:
            while any((await tail.lag()).values()) and not stopping.done():
                self._apply(await fetch(tail, BATCH, QUIET_SECONDS, stopping))
            self._succeeded()
            while not stopping.done():
                self._apply(await fetch(tail, BATCH, QUIET_SECONDS, stopping))
        finally:
            with suppress(BusUnavailable):
                await tail.close()

    def _apply(self, deliveries: Iterable[Delivery]) -> None:
        for delivery in deliveries:
            envelope = delivery.envelope
            if envelope is None:
                _log.warning("%s is no event: %s", delivery.place, delivery.error)
            elif (attribute := REVOKED.get(envelope.type)) is not None:
                self._revoke(envelope, attribute)

    def _revoke(self, envelope: Envelope, attribute: str) -> None:
        identifier = envelope.data.get(attribute)
        if not isinstance(identifier, str):
            _log.error("%s %s names no %s to refuse", envelope.type, envelope.id, attribute)
            return
        for verifier in self._verifiers:
            if attribute == KEY:
                verifier.withdraw_key(identifier)
            else:
                for_good = attribute not in MAY_RETURN
                verifier.revoke(identifier, envelope.time, for_good=for_good)

    def _failed(self, error: Exception) -> None:
        self._failures += 1
        self._heard.set(0)
        self._tried.set()
        _log.warning("revocations are not heard: %s", reason_of(error))

    def _succeeded(self) -> None:
        if self._failures:
            _log.info("revocations are heard again")
        self._failures = 0
        self._heard.set(1)
        self._tried.set()
