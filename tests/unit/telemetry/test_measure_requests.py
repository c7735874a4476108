from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from shared.telemetry.metrics import RequestMetrics
from tests.unit.telemetry.conftest import Start, Watched


async def value(watched: Watched, name: str, **labels: str) -> float | None:
    text = (await watched.http.get("/metrics")).text
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return float(sample.value)
    return None


async def test_requests_errors_and_durations_by_route(start: Start) -> None:
    cases = start()
    for number in ("1", "2", "3"):
        await cases.http.get(f"/v1/cases/{number}")
    await cases.http.post("/v1/cases/1/overload")
    read = {"service": "cases", "method": "GET", "route": "/v1/cases/{number}", "status": "2xx"}
    over = {"route": "/v1/cases/{number}/overload", "status": "5xx"}
    assert await value(cases, "http_requests_total", **read) == 3
    assert await value(cases, "http_request_seconds_count", **read) == 3
    assert await value(cases, "http_errors_total", **read) is None
    assert await value(cases, "http_errors_total", **over) == 1


async def test_requests_by_item(start: Start) -> None:
    cases = start()
    await cases.http.get("/v1/cases/1")
    labels = {"item": "ITEM-1", "status": "2xx"}
    assert await value(cases, "item_requests_total", **labels) == 1
    assert (await value(cases, "item_request_seconds_total", **labels) or 0) > 0


async def test_a_scanner_does_not_make_new_series(start: Start) -> None:
    cases = start()
    for number in range(20):
        await cases.http.request(f"M{number}", f"/nowhere/{number}")
    labels = {"method": "_OTHER", "route": "unmatched", "status": "4xx"}
    assert await value(cases, "http_requests_total", **labels) == 20


async def test_each_service_has_its_own_registry(start: Start) -> None:
    cases, exchange = start("cases"), start("exchange")
    await cases.http.get("/lean/1")
    assert await value(cases, "http_requests_total", route="/lean/{code}") == 1
    assert await value(exchange, "http_requests_total", route="/lean/{code}") is None


def test_the_number_of_items_is_bounded() -> None:
    registry = CollectorRegistry()
    metrics = RequestMetrics(registry, "cases")
    for number in range(5100):
        metrics.observe_item(f"item-{number}", 200, 0.001)
    labels = {"service": "cases", "item": "other", "status": "2xx"}
    assert registry.get_sample_value("item_requests_total", labels) == 100


async def test_metrics_are_prometheus_text(start: Start) -> None:
    answer = await start().http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
