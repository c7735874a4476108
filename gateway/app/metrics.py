"""How full each upstream's pool is and what it refused, read when Prometheus asks."""

from collections.abc import Iterator, Mapping
from typing import get_args

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.proxy.backends import Backend, Refusal
from shared.http.breaker import State

_REFUSALS = get_args(Refusal)


class UpstreamMetrics(Collector):
    """Gauges and counts by service."""

    def __init__(self, backends: Mapping[str, Backend], registry: CollectorRegistry) -> None:
        self._backends = backends
        registry.register(self)

    def collect(self) -> Iterator[Metric]:
        """Called by the registry."""
        busy = _gauge("gateway_upstream_busy", "Requests under way")
        waiting = _gauge("gateway_upstream_waiting", "Requests that wait for a connection")
        shut = _gauge("gateway_upstream_shut", "Whether the breaker is not closed")
        refused = CounterMetricFamily(
            "gateway_upstream_refused",
            "Requests without an answer of the service: shut off, no room, or it failed",
            labels=["service", "reason"],
        )
        for name, backend in self._backends.items():
            busy.add_metric([name], backend.proxied.pool.busy)
            waiting.add_metric([name], backend.proxied.pool.waiting)
            shut.add_metric([name], float(backend.breaker.state is not State.CLOSED))
            for reason in _REFUSALS:
                refused.add_metric([name, reason], backend.refused[reason])
        yield from (busy, waiting, shut, refused)


def _gauge(name: str, meaning: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, meaning, labels=["service"])
