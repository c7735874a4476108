"""Rate, errors and duration of one service's routes and items, in its own registry."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.responses import Response

_BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_MOST_ITEMS = 5000
_ERROR = 500
_LOST = ("overflow", "refused", "closed")


class RequestMetrics:
    """RED by method, route template and class of status; and by item, where a request has one."""

    def __init__(self, registry: CollectorRegistry, service: str) -> None:
        self._service = service
        names = ["service", "method", "route", "status"]
        self._requests = Counter("http_requests", "Requests answered", names, registry=registry)
        self._errors = Counter("http_errors", "Requests answered 5xx", names, registry=registry)
        self._seconds = Histogram(
            "http_request_seconds", "Time to answer", names, registry=registry, buckets=_BUCKETS
        )
        by_item = ["service", "item", "status"]
        self._items = Counter("item_requests", "Requests for an item", by_item, registry=registry)
        self._item_seconds = Counter(
            "item_request_seconds", "Time spent on an item", by_item, registry=registry
        )
        self._children: dict[tuple[str, str, str], tuple[Counter, Histogram]] = {}
        self._known_items: set[str] = set()

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        key = (method, route, f"{status // 100}xx")
        children = self._children.get(key)
        if children is None:
            labels = (self._service, *key)
            children = self._requests.labels(*labels), self._seconds.labels(*labels)
            self._children[key] = children
        children[0].inc()
        children[1].observe(seconds)
        if status >= _ERROR:
            self._errors.labels(self._service, *key).inc()

    def observe_item(self, item: str, status: int, seconds: float) -> None:
        """Count it for the item as well; beyond some thousand items they share one name."""
        if item not in self._known_items:
            if len(self._known_items) >= _MOST_ITEMS:
                item = "other"
            self._known_items.add(item)
        labels = (self._service, item, f"{status // 100}xx")
        self._items.labels(*labels).inc()
        self._item_seconds.labels(*labels).inc(seconds)


class ExportMetrics:
    """What became of the spans that were recorded."""

    def __init__(self, registry: CollectorRegistry, service: str) -> None:
        sent = Counter(
            "telemetry_spans_sent", "Spans that were taken", ["service"], registry=registry
        )
        dropped = Counter(
            "telemetry_spans_dropped", "Spans lost", ["service", "reason"], registry=registry
        )
        self._sent = sent.labels(service)
        self._dropped = {why: dropped.labels(service, why) for why in _LOST}

    def sent(self, count: int) -> None:
        """Count spans that arrived."""
        self._sent.inc(count)

    def dropped(self, why: str, count: int) -> None:
        """Count spans that did not: no room, refused, or still waiting at the end."""
        self._dropped[why].inc(count)


def metrics_response(registry: CollectorRegistry) -> Response:
    """The registry in Prometheus' text format."""
    return Response(generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})
