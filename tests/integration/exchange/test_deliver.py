"""Deliveries by webhook: signed, in order per case, and nobody waits for another's receiver."""

import asyncio
from itertools import count
from typing import Any

from services.exchange.store.tables import lanes
from shared.events import Envelope
from tests.support.exchange import Exchange, case_event
from tests.support.receivers import Delivery, Receiver, Reply, is_signed, receiving, taking

OTHER = "11990102MB2824177L"
CASES = [f"99010200000020261121001{n:06d}1" for n in range(4)]
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"


def history(number: str, length: int = 4, first: int = 1) -> list[Envelope]:
    """The events of a case, in their order."""
    return [
        case_event("case_extended", sequence, number=number)
        for sequence in range(first, first + length)
    ]


def mixed(*histories: list[Envelope]) -> list[Envelope]:
    return [event for step in zip(*histories, strict=True) for event in step]


async def test_an_event_arrives_as_it_is_signed_and_in_its_trace(
    exchange_everywhere: Exchange,
) -> None:
    exchange = exchange_everywhere
    async with receiving() as receiver:
        made = await exchange.subscribe(receiver.url)
        event = case_event("case_submitted")
        traced = Envelope.parse(
            event.encode().replace(b'"data":', b'"traceparent":"' + TRACE.encode() + b'","data":')
        )
        await exchange.publish(traced)
        await receiver.until(1)
        (delivery,) = receiver.came
        assert delivery.path == "/events?from=tongban"
        assert delivery.body == traced.encode()
        assert is_signed(made["secret"], delivery)
        assert not is_signed("whsec_" + "A" * 43 + "=", delivery)
        assert set(delivery.headers) == {
            *("host", "user-agent", "content-type", "content-length"),
            *("webhook-id", "webhook-timestamp", "webhook-signature", "traceparent"),
        }
        assert delivery.headers["webhook-id"] == event.id
        assert delivery.headers["content-type"] == "application/cloudevents+json"
        assert delivery.headers["traceparent"].split("-")[1] == TRACE.split("-")[1]
        assert delivery.headers["host"] == f"127.0.0.1:{receiver.port}"
        await exchange.until(lambda: _is_empty(exchange))
        told = await exchange.subscription(made)
        assert (told["status"], told["waiting"], told["failures"]) == ("active", 0, 0)
        assert told["last_success"] is not None


async def test_each_gets_what_it_asked_for_of_its_own_department(exchange: Exchange) -> None:
    wanted: dict[str, dict[str, Any]] = {
        "mine": {"types": []},
        "accepted": {"types": ["tongban.cases.case_accepted.v1"]},
        "elsewhere": {"regions": ["990103"]},
        "county": {"regions": ["990102"]},
        "province": {"regions": ["990000000000"]},
        "item": {"items": ["709001001000"]},
    }
    receivers: dict[str, Receiver] = {}
    async with asyncio.timeout(30):
        async with receiving() as theirs:
            await exchange.subscribe(theirs.url, OTHER)
            stack = [receiving() for _ in wanted]
            for (name, wants), one in zip(wanted.items(), stack, strict=True):
                receivers[name] = await one.__aenter__()
                await exchange.subscribe(receivers[name].url, **wants)
            await exchange.publish(
                case_event("case_submitted"), case_event("case_accepted", 2, status="accepted")
            )
            for name in ("mine", "county", "province"):
                await receivers[name].until(2)
            await receivers["accepted"].until(1)
            await exchange.until(lambda: _is_empty(exchange))
            for one in stack:
                await one.__aexit__(None, None, None)
    assert [d.place[1] for d in receivers["accepted"].taken] == [2]
    for name in ("elsewhere", "item"):
        assert receivers[name].came == []
    assert theirs.came == []


async def test_order_holds_though_every_third_call_fails(exchange_everywhere: Exchange) -> None:
    exchange = exchange_everywhere
    calls = count(1)

    def every_third_fails(_: Delivery) -> Reply:
        return Reply(500 if next(calls) % 3 == 0 else 200, body=b"ok")

    async with receiving(every_third_fails) as receiver:
        await exchange.subscribe(receiver.url)
        await exchange.publish(*mixed(*(history(number) for number in CASES)))
        await receiver.until(16)
        for number in CASES:
            assert receiver.places(number) == [(number, n) for n in range(1, 5)]
        await exchange.until(lambda: _is_empty(exchange))


async def test_several_cases_go_at_once_and_no_more_than_agreed(exchange: Exchange) -> None:
    async with receiving(lambda _: Reply(wait=0.1)) as receiver:
        await exchange.subscribe(receiver.url)
        numbers = [f"99010200000020261121001{n:06d}1" for n in range(12)]
        await exchange.publish(*(history(number, 1)[0] for number in numbers))
        await receiver.until(12)
        assert 2 <= receiver.most_under_way <= 4


async def test_a_case_that_is_refused_holds_no_other(exchange_everywhere: Exchange) -> None:
    exchange = exchange_everywhere
    bad, *good = CASES

    def refuses_one(delivery: Delivery) -> Reply:
        return Reply(500 if delivery.place[0] == bad else 200)

    async with receiving(refuses_one) as receiver:
        made = await exchange.subscribe(receiver.url)
        await exchange.publish(*mixed(*(history(number) for number in CASES)))
        await receiver.until(12)
        for number in good:
            assert receiver.places(number) == [(number, n) for n in range(1, 5)]
        assert {d.place for d in receiver.came if d.place[0] == bad} == {(bad, 1)}
        receiver.behave = taking
        await receiver.until(16)
        assert receiver.places(bad) == [(bad, n) for n in range(1, 5)]
        told = await exchange.subscription(made)
        assert told["last_failure_reason"] == "status_500"


async def test_a_receiver_that_hangs_delays_no_other_receiver(
    exchange_everywhere: Exchange,
) -> None:
    exchange = exchange_everywhere
    async with receiving(lambda _: Reply(wait=20)) as hanging, receiving() as sound:
        slow = await exchange.subscribe(hanging.url)
        await exchange.subscribe(sound.url)
        await exchange.publish(*mixed(*(history(number) for number in CASES)))
        await sound.until(16)
        assert hanging.taken == []
        await exchange.until(lambda: _has_failed(exchange, slow, "timeout"), 60)
        hanging.behave = taking
        await hanging.until(16)
        for number in CASES:
            assert hanging.places(number) == [(number, n) for n in range(1, 5)]


async def test_only_a_whole_answer_of_success_counts(exchange: Exchange) -> None:
    lies = iter(
        [
            Reply(None),
            Reply(200, body=b"ok", promised=100),
            Reply(302, {"Location": "http://127.0.0.1:9/"}),
            Reply(304),
            Reply(404),
        ]
    )
    async with receiving(lambda _: next(lies, Reply(200))) as receiver:
        await exchange.subscribe(receiver.url)
        await exchange.publish(*history(CASES[0], 2))
        await receiver.until(2)
        assert receiver.places() == [(CASES[0], 1), (CASES[0], 2)]
        assert [d.place[1] for d in receiver.came] == [1] * 6 + [2]
        assert len({d.headers["webhook-id"] for d in receiver.came}) == 2


async def test_a_redirect_to_another_place_is_never_followed(exchange: Exchange) -> None:
    async with receiving() as inside:
        there = {"Location": inside.url}
        answers = iter([Reply(301, there), Reply(307, there), Reply(308, there)])
        async with receiving(lambda _: next(answers, Reply(200))) as receiver:
            await exchange.subscribe(receiver.url)
            await exchange.publish(*history(CASES[0], 1))
            await receiver.until(1)
            assert len(receiver.came) == 4
        assert inside.came == []


async def test_a_long_answer_is_read_to_the_limit_and_no_further(exchange: Exchange) -> None:
    endless = Reply(200, body=b"x" * 2_000_000)
    async with receiving(lambda _: endless) as receiver:
        await exchange.subscribe(receiver.url)
        await exchange.publish(*history(CASES[0], 2))
        await receiver.until(2)
        assert receiver.places() == [(CASES[0], 1), (CASES[0], 2)]
        assert receiver.connections == 2


async def test_connections_are_kept_for_the_next_delivery(exchange: Exchange) -> None:
    async with receiving(lambda _: Reply(200, body=b"ok")) as receiver:
        await exchange.subscribe(receiver.url)
        await exchange.publish(*history(CASES[0], 5))
        await receiver.until(5)
        assert receiver.connections == 1


async def test_a_busy_receiver_is_asked_again_when_it_said(exchange: Exchange) -> None:
    answers = iter([Reply(429, {"Retry-After": "1"})])
    async with receiving(lambda _: next(answers, Reply(200))) as receiver:
        made = await exchange.subscribe(receiver.url)
        began = asyncio.get_running_loop().time()
        await exchange.publish(*history(CASES[0], 1))
        await receiver.until_true(lambda: len(receiver.came) == 1)
        await exchange.publish(*history(CASES[1], 1))
        await receiver.until(2)
        assert asyncio.get_running_loop().time() - began >= 0.9
        assert len(receiver.came) == 3
        await exchange.until(lambda: _is_empty(exchange))
        assert (await exchange.subscription(made))["failures"] == 0


async def test_a_receiver_that_is_back_gets_all_that_waited(exchange_everywhere: Exchange) -> None:
    exchange = exchange_everywhere
    async with receiving() as receiver:
        port = receiver.port
        made = await exchange.subscribe(receiver.url)
    await exchange.publish(*mixed(*(history(number) for number in CASES)))
    await exchange.until(lambda: _has_status(exchange, made, "failing"), 60)
    async with receiving(port=port) as receiver:
        await receiver.until(16)
        for number in CASES:
            assert receiver.places(number) == [(number, n) for n in range(1, 5)]
        await exchange.until(lambda: _has_status(exchange, made, "active"))


async def test_the_metrics_tell_what_waits_for_each_subscription(exchange: Exchange) -> None:
    async with receiving(lambda _: Reply(500)) as receiver, receiving() as idle:
        made = await exchange.subscribe(receiver.url)
        unused = await exchange.subscribe(idle.url, types=["tongban.identity.*"])
        await exchange.publish(*history(CASES[0], 3))
        await receiver.until_true(lambda: len(receiver.came) >= 2)
        wanted = (
            f'webhook_waiting{{subscription="{unused["id"]}"}} 0.0',
            f'webhook_oldest_seconds{{subscription="{unused["id"]}"}} 0.0',
            f'webhook_waiting{{subscription="{made["id"]}"}} 3.0',
            f'webhook_deliveries_total{{outcome="failed",subscription="{made["id"]}"}}',
        )

        async def told() -> bool:
            text = (await exchange.http.get("/metrics")).text
            return all(part in text for part in wanted)

        await exchange.until(told)


async def _is_empty(exchange: Exchange) -> bool:
    return not await exchange.rows("deliveries") and not await exchange.rows(lanes.name)


async def _has_failed(exchange: Exchange, made: dict[str, Any], reason: str) -> bool:
    return bool((await exchange.subscription(made))["last_failure_reason"] == reason)


async def _has_status(exchange: Exchange, made: dict[str, Any], status: str) -> bool:
    return bool((await exchange.subscription(made))["status"] == status)
