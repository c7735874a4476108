"""The demo department's own receiver takes what exchange sends, and nothing else."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from deploy.demo.department.receiver import Events, Receiver, verified
from services.exchange.domain import signed
from shared.events import Envelope
from tests.support.exchange import CASE, Exchange, case_event

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    with closing(Events(str(tmp_path / "received.db"))) as events, Receiver(events) as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


async def test_it_stores_each_event_once_and_in_order(
    exchange: Exchange, receiver: Receiver
) -> None:
    made = await exchange.subscribe(receiver.url)
    receiver.secrets.append(made["secret"])
    await exchange.publish(*(case_event("case_extended", n) for n in (1, 2, 3)))
    await exchange.until(lambda: _has(receiver, 3))
    again = await exchange.act(made, "replay", {"since": "2020-01-01T00:00:00Z"})
    assert again.status_code == 200
    await exchange.publish(case_event("case_extended", 4))
    await exchange.until(lambda: _has(receiver, 4))
    stored = [int(event["sequence"]) for event in receiver.events.of(CASE)]
    assert stored == [1, 2, 3, 4]


async def test_what_is_not_signed_is_not_stored(receiver: Receiver) -> None:
    receiver.secrets.append(SECRET)
    body = case_event("case_submitted").encode()
    right = _headers(body)
    wrong = [
        {},
        right | {"webhook-signature": "v1,AAAA"},
        right | {"webhook-id": "another"},
        right | {"webhook-timestamp": str(int(time.time()) + 1)},
        _headers(body, moment=int(time.time()) - 3600),
        right | {"webhook-signature": right["webhook-signature"].replace("v1,", "v2,")},
    ]
    async with httpx.AsyncClient(trust_env=False) as http:
        for headers in wrong:
            answer = await http.post(receiver.url, content=body, headers=headers)
            assert answer.status_code == 401, headers
        answer = await http.post(receiver.url, content=body + b" ", headers=right)
        assert answer.status_code == 401
        assert receiver.events.of(CASE) == []
        assert (await http.post(receiver.url, content=body, headers=right)).status_code == 204
        assert (await http.post(receiver.url, content=b"")).status_code == 413
    assert [Envelope.parse(body).id] == [event["id"] for event in receiver.events.of(CASE)]


def test_the_example_of_the_documents_verifies_what_is_signed() -> None:
    page = (Path(__file__).parents[3] / "docs/integration.md").read_text("utf-8")
    example = next(part for part in page.split("```") if "def verified(" in part)
    names: dict[str, object] = {}
    exec(example.removeprefix("python"), names)  # what a reader copies
    body = b'{"test": 2432232314}'
    for verify in (names["verified"], verified):
        assert verify(SECRET, _headers(body), body)  # type: ignore[operator]
        assert not verify(SECRET, _headers(body), body + b" ")  # type: ignore[operator]


def _headers(body: bytes, *, moment: int | None = None) -> dict[str, str]:
    moment = int(time.time()) if moment is None else moment
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(moment),
        "webhook-signature": signed([SECRET], "msg_1", moment, body),
    }


async def _has(receiver: Receiver, count: int) -> bool:
    return len(await asyncio.to_thread(receiver.events.of, CASE)) == count
