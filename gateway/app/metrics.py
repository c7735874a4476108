"""How full each upstream's pool is, read when Prometheus asks."""

from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from gateway.proxy.backends import Backend
from shared.http.breaker import State


class UpstreamMetrics(Collector):
    """Gauges by service."""

    def __init__(self, backends: Mapping[str, Backend], registry: CollectorRegistry) -> None:
        self._backends = backends
        registry.register(self)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Called by the registry."""
        busy = _gauge("gateway_upstream_busy", "Requests under way")
        waiting = _gauge("gateway_upstream_waiting", "Requests that wait for a connection")
        shut = _gauge("gateway_upstream_shut", "Whether the breaker is not closed")
        for name, backend in self._backends.items():
            busy.add_metric([name], backend.proxied.pool.busy)
            waiting.add_metric([name], backend.proxied.pool.waiting)
            shut.add_metric([name], float(backend.breaker.state is not State.CLOSED))
        yield from (busy, waiting, shut)


def _gauge(name: str, meaning: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, meaning, labels=["service"])
