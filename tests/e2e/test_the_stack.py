"""The main job on the real stack: PostgreSQL, Kafka, two processes of cases and of exchange."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest

from deploy.demo.citizen import Citizen
from deploy.demo.story import play
from shared.ids import uuid7
from tests.support.journey import Journey
from tests.support.stack import Stack

INSTANCES = ("cases_0", "cases_1", "exchange_0", "exchange_1")
FOUNDATION = {"supervisord", "postgres", "kafka", "department", "gateway"}
AWAY = {502, 503, 504}


@pytest.fixture
def citizen(stack: Stack) -> Iterator[Citizen]:
    """A citizen who is logged in."""
    citizen = Citizen(stack.demo)
    citizen.log_in(stack.demo["accounts"]["citizen"], citizen.register_app())
    yield citizen
    citizen.close()


def test_the_story_is_played_from_the_search_to_the_delivery(stack: Stack) -> None:
    steps = list(play(stack.demo))
    assert len(steps) == 13
    shown = " ".join(step.shown for step in steps)
    assert "出生登记" in shown
    assert "draft → submit → accept → decide → deliver" in shown
    for fact in ("submitted", "accepted", "decided", "delivered"):
        assert f"tongban.cases.case_{fact}.v1" in shown


def test_one_view_shows_every_process_and_what_waits(stack: Stack) -> None:
    status = _settled(stack)
    rows = {row["name"]: row for row in status["rows"]}
    assert rows.keys() >= {*FOUNDATION, *INSTANCES, "identity_0", "catalogue_0", "portal_0"}
    assert all(row["ready"] and row["pid"] and row["megabytes"] for row in rows.values())
    assert status["megabytes"] < 3072
    assert {"identity", "catalogue", "cases", "exchange", "portal"} <= status["upstreams"].keys()
    assert {"cases.items", "exchange.feed"} <= status["lag"].keys()
    assert not any(status["dead"].values())
    shown = stack.command("status")
    assert all(name in shown for name in rows)
    assert "all is well" in shown


def test_what_one_instance_stores_the_other_shows_at_once(stack: Stack, citizen: Citizen) -> None:
    first, second = (_alone(stack, name, citizen) for name in ("cases_0", "cases_1"))
    with first, second:
        body = {"item": stack.demo["item"], "form": {}, "status": "draft"}
        made = first.post("/v1/cases", json=body, headers={"Idempotency-Key": uuid7()})
        assert made.status_code == 201
        number = made.json()["number"]
        assert second.get(f"/v1/cases/{number}").json()["number"] == number


def test_both_instances_share_a_load(stack: Stack, citizen: Citizen) -> None:
    before = {name: stack.served(name) for name in INSTANCES}
    asked = [f"{stack.base}/api/cases/v1/cases", f"{stack.base}/api/exchange/v1/resources"]
    seen = asyncio.run(_ask_at_once(asked * 150, citizen.token))
    assert seen == Counter({200: 300})
    grown = {name: stack.served(name) - before[name] for name in INSTANCES}
    assert all(grown.values()), grown


def test_a_killed_instance_comes_back_and_a_retry_is_all_it_takes(
    stack: Stack, citizen: Citizen
) -> None:
    before = _mine(citizen)
    restarts = _restarts(stack)
    keys = [uuid7() for _ in range(60)]
    with ThreadPoolExecutor(4) as clients:
        sent = [clients.submit(_submit, stack, citizen, key) for key in keys]
        dead = {name: stack.kill(name) for name in ("cases_0", "exchange_1")}
        numbers = {one.result() for one in sent}
    assert len(numbers) == len(keys)
    for name, pid in dead.items():
        assert stack.wait_back(name, pid) != pid
    assert _mine(citizen) - before == numbers
    grown = {name: count - restarts[name] for name, count in _restarts(stack).items()}
    assert {name for name, count in grown.items() if count} == set(dead)


def test_a_service_is_restarted_under_load_and_no_request_fails(
    stack: Stack, citizen: Citizen
) -> None:
    """Nothing is retried here: each process finishes what it has while the other goes on."""
    before = {name: stack.pid(name) for name in INSTANCES}
    done = Event()
    stack.variables("cases", LOG_LEVEL="DEBUG")
    try:
        with ThreadPoolExecutor(4) as clients:
            load = [clients.submit(_read_until, done, stack, citizen.token) for _ in range(4)]
            try:
                said = stack.command("restart", "cases", seconds=240)
            finally:
                done.set()
            codes = sum((one.result() for one in load), Counter[int]())
    finally:
        stack.variables("cases")
    assert "cases_0 cases_1" in said
    assert set(codes) == {200}, codes
    assert all(stack.pid(name) != before[name] for name in ("cases_0", "cases_1"))
    environment = Path(f"/proc/{stack.pid('cases_0')}/environ").read_bytes()
    assert b"LOG_LEVEL=DEBUG" in environment


def test_a_broker_that_is_killed_comes_back_and_the_events_with_it(stack: Stack) -> None:
    journey = Journey(stack)
    try:
        journey.walk(stop_after=2)
        pid = stack.kill("kafka")
        journey.walk_on()
        assert stack.wait_back("kafka", pid) != pid
        journey.judge()
    finally:
        journey.close()


def test_down_leaves_no_process_and_up_goes_on_where_it_was(stack: Stack) -> None:
    journey = Journey(stack)
    try:
        journey.walk(stop_after=1)
        demo, pids = stack.demo, _pids(stack)
        assert len(pids) > 12
        stack.stop()
        assert not {pid: said for pid in pids if (said := _alive(pid))}
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{stack.base}/healthz")
        stack.start()
        assert stack.demo == demo
        journey.walk_on()
        journey.judge()
    finally:
        journey.close()


def _settled(stack: Stack) -> dict[str, Any]:
    """The status once nothing waits any more."""
    until = time.monotonic() + 60
    while True:
        status = stack.status()
        waits = [*status["lag"].values(), *status["waiting"].values()]
        if status["healthy"] and not any(waits):
            return status
        assert time.monotonic() < until, status
        time.sleep(1)


def _alone(stack: Stack, process: str, citizen: Citizen) -> httpx.Client:
    """A client of one process of a service, behind the gateway."""
    return httpx.Client(
        transport=httpx.HTTPTransport(uds=str(stack.socket(process))),
        base_url="http://service",
        headers={"Authorization": f"Bearer {citizen.token}"},
        timeout=20,
    )


async def _ask_at_once(addresses: list[str], token: str) -> Counter[int]:
    """The answers' codes of as many requests, sixteen at a time."""
    slots = asyncio.Semaphore(16)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(headers=headers, timeout=30) as client:

        async def ask(address: str) -> int:
            async with slots:
                return (await client.get(address)).status_code

        return Counter(await asyncio.gather(*map(ask, addresses)))


def _read_until(done: Event, stack: Stack, token: str) -> Counter[int]:
    codes: Counter[int] = Counter()
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(headers=headers, timeout=30) as client:
        while not done.is_set():
            answer = client.get(f"{stack.base}/api/cases/v1/cases", params={"limit": 1})
            codes[answer.status_code] += 1
            done.wait(0.02)
    return codes


def _submit(stack: Stack, citizen: Citizen, key: str) -> str:
    """Make a draft; send it again with the same key while the platform is away."""
    body = {"item": stack.demo["item"], "form": {}, "status": "draft"}
    headers = {"Authorization": f"Bearer {citizen.token}", "Idempotency-Key": key}
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with suppress(httpx.TransportError):
            answer = httpx.post(f"{stack.base}/api/cases/v1/cases", json=body, headers=headers)
            if answer.status_code not in AWAY:
                assert answer.status_code == 201, answer.text
                number: str = answer.json()["number"]
                return number
        time.sleep(0.1)
    raise AssertionError("the platform did not come back")


def _mine(citizen: Citizen) -> set[str]:
    """The numbers of all of the citizen's cases."""
    found: set[str] = set()
    asked: dict[str, Any] = {"limit": 100}
    while True:
        page = citizen.get("/api/cases/v1/cases", **asked)
        found |= {one["number"] for one in page["items"]}
        if page["next"] is None:
            return found
        asked["cursor"] = page["next"]


def _restarts(stack: Stack) -> dict[str, int]:
    return {row["name"]: row["restarts"] for row in stack.status()["rows"]}


def _pids(stack: Stack) -> set[int]:
    """Every process of the stack, those below included."""
    found = {row["pid"] for row in stack.status()["rows"]}
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = int((place / "stat").read_text().rpartition(")")[2].split()[1])
            if parent in found:
                found.add(int(place.name))
    return found - {os.getpid()}


def _alive(pid: int) -> str | None:
    """What runs under the number; None for what ended and only waits for its parent to see it."""
    with suppress(OSError):
        name, _, rest = Path(f"/proc/{pid}/stat").read_text().partition(") ")
        return None if rest.startswith("Z") else name
    return None
