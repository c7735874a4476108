"""Shows what waits in the outbox and at the consumers, for the operators' alarm.

Each instance of a service reads the one outbox and the one group of all instances, so that every
one of them tells the whole: take the maximum over instances, a sum counts twice. Only the last
error is the instance's own: there the minimum says whether any of them fails.
"""

import logging
from collections.abc import Iterable
from math import nan

from prometheus_client import CollectorRegistry, Gauge

from shared import clock
from shared.events.consumer import Consumer, ConsumerState
from shared.events.relay import Relay

_log = logging.getLogger(__name__)


class OutboxWatch:
    """What has not left yet."""

    def __init__(self, relay: Relay, registry: CollectorRegistry) -> None:
        self._relay = relay
        self._waiting = Gauge("outbox_waiting", "Events not yet on the bus", registry=registry)
        self._refused = Gauge("outbox_refused", "Events that the bus refused", registry=registry)
        self._oldest = Gauge(
            "outbox_oldest_seconds", "Age of the oldest event not yet on the bus", registry=registry
        )

    async def look(self) -> None:
        """Read the outbox once."""
        try:
            state = await self._relay.state()
        except Exception as error:  # noqa: BLE001 - a missing reading must not stop the service
            _log.warning("outbox unread", exc_info=error)
            return
        self._waiting.set(state.waiting)
        self._refused.set(state.refused)
        self._oldest.set(state.oldest.total_seconds())


class ConsumerWatch:
    """How far each consumer group is, and what it could not handle."""

    def __init__(self, consumers: Iterable[Consumer], registry: CollectorRegistry) -> None:
        def gauge(name: str, about: str) -> Gauge:
            return Gauge(f"consumer_{name}", about, ["group"], registry=registry)

        self._consumers = consumers
        self._lag = gauge("lag", "Events not yet taken by the group; NaN while the bus is away")
        self._parked = gauge("parked", "Events kept to be tried again, dead letters included")
        self._dead = gauge("dead_letters", "Events that wait for an operator's decision")
        self._error = gauge(
            "last_error_seconds",
            "Age of this instance's last failure of bus or database; NaN without one",
        )

    async def look(self) -> None:
        """Read the state of each consumer once."""
        for consumer in self._consumers:
            try:
                self._show(consumer.group, await consumer.state())
            except Exception as error:  # noqa: BLE001 - a missing reading must not stop the service
                _log.warning("consumer %s unread", consumer.group, exc_info=error)

    def _show(self, group: str, state: ConsumerState) -> None:
        self._lag.labels(group).set(nan if state.lag is None else sum(state.lag.values()))
        self._parked.labels(group).set(state.parked)
        self._dead.labels(group).set(state.dead)
        failed = state.last_error_at
        age = nan if failed is None else (clock.now() - failed).total_seconds()
        self._error.labels(group).set(age)
