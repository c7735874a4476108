"""Rate, errors and duration of services and routes, and who calls on whom."""

from typing import Any

from tests.support.traces import Traces, message

ROUTE = {"http.request.method": "POST", "http.route": "/v1/cases"}


async def some_requests(traces: Traces) -> None:
    """Ten requests through the gateway, one of which failed; and one that was written late."""
    for number in range(1, 11):
        await traces.send(
            message(number, 1, kind="server", name="POST /api/cases/v1/{rest}", took_ms=50),
            service="gateway",
        )
        await traces.send(
            message(number, 2, 1, kind="server", took_ms=number * 10, failed=number == 1,
                    attributes=ROUTE),
            message(number, 3, 2, kind="client", name="INSERT cases"),
        )  # fmt: skip
    await traces.send(
        message(11, 2, 1, kind="server", took_ms=9000, failed=True,
                attributes={**ROUTE, "sampled_late": True}),
        message(12, 1, kind="server", start_ns=1, attributes=ROUTE),  # of 1970: not taken
    )  # fmt: skip
    await traces.written(31)


def service(found: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in found["services"] if one["service"] == name)


async def test_each_service_and_route_has_rate_errors_and_duration(
    traces_everywhere: Traces,
) -> None:
    traces = traces_everywhere
    await some_requests(traces)
    found = await traces.get("/v1/services", minutes=10)
    share = found["sampled"]["share"]
    cases = service(found, "cases")
    (route,) = cases["routes"]
    assert route["route"] == "POST /v1/cases"
    for figures in (cases, route):
        assert (figures["kept"], figures["sampled_late"], figures["errors"]) == (11, 1, 2)
        assert figures["requests"] == max(11, 10 / share)
        # Those of the ten that were recorded by chance: the late one does not bend them.
        assert (figures["p50_ms"], figures["p95_ms"], figures["p99_ms"]) == (50, 100, 100)
    assert [one["service"] for one in found["services"]] == ["cases", "gateway"]
    assert found["complete"] is True


async def test_the_calls_between_services_are_counted(traces_everywhere: Traces) -> None:
    traces = traces_everywhere
    await some_requests(traces)
    (call,) = (await traces.get("/v1/services", minutes=10))["calls"]
    assert (call["caller"], call["callee"], call["kind"]) == ("gateway", "cases", "server")
    assert (call["kept"], call["errors"], call["mean_ms"]) == (10, 1, 55)


async def test_what_was_before_the_minutes_does_not_count(traces: Traces) -> None:
    await traces.send(message(1, 1, kind="server", at_ms=-10 * 60_000, attributes=ROUTE))
    await traces.written(1)
    assert (await traces.get("/v1/services", minutes=5))["services"] == []
    assert len((await traces.get("/v1/services", minutes=15))["services"]) == 1
