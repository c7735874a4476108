"""Load on a stack: people who apply, a department that handles, an editor who publishes.

Each act has one key and is sent until it is answered, whatever breaks meanwhile; what was
acknowledged is kept, to be judged afterwards.
"""

import json
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx

from shared.ids import uuid7
from tests.support.journey import birth_form
from tests.support.stack import Stack
from tests.support.stack_people import People

PATIENCE = 150.0
REQUEST_SECONDS = 40.0
AWAY = {502, 503, 504}
BUSY = {409, 429}  # with Retry-After: the first try is still under way, or too many come at once
HANDLING: tuple[tuple[str, dict[str, Any]], ...] = (
    ("accept", {"note": "材料齐全"}),
    ("decide", {"outcome": "granted", "result": "准予办理"}),
    ("deliver", {"means": "electronic"}),
)
FACTS = ["case_submitted", "case_accepted", "case_decided", "case_delivered"]
CASES = "/api/cases/v1/cases"
ITEMS = "/api/catalogue/v1/items"


@dataclass(frozen=True, slots=True)
class Act:
    """One act with its key."""

    path: str
    body: dict[str, Any] | None
    by: str  # as People has it
    expect: int = 200
    key: str = field(default_factory=uuid7)


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """An act and the answer that acknowledged it."""

    act: Act
    answer: bytes


class Sender:
    """Sends acts through the gateway until each is answered, and counts what came."""

    def __init__(self, people: People, base: str) -> None:
        self.people = people
        self.http = httpx.Client(base_url=base, timeout=REQUEST_SECONDS, trust_env=False)
        self.statuses: Counter[int] = Counter()
        self.broken = 0  # no answer at all
        self.slowest = 0.0
        self.without_time = 0  # 503 that does not say when to come again
        self.refusals: list[str] = []

    def close(self) -> None:
        """Let go of the connections."""
        self.http.close()

    def send(self, act: Act) -> Acknowledged:
        """Send it with its key until it is answered as expected; anything else is an error."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            answer = self.once(act)
            if answer is not None and answer.status_code == act.expect:
                return Acknowledged(act, answer.content)
            if answer is not None and not _passing(answer):
                raise AssertionError(f"{act.path} → {answer.status_code}: {answer.text[:500]}")
            time.sleep(0.1)
        raise AssertionError(f"{act.path} was not answered in {PATIENCE} s: {self.statuses}")

    def once(self, act: Act) -> httpx.Response | None:
        """Send it once; None when no answer came."""
        headers = {**self.people.headers(act.by), "Idempotency-Key": act.key}
        began = time.monotonic()
        try:
            answer = self.http.post(act.path, json=act.body, headers=headers)
        except httpx.TransportError:
            self.broken += 1
            return None
        finally:
            self.slowest = max(self.slowest, time.monotonic() - began)
        self.statuses[answer.status_code] += 1
        if answer.status_code == 503:
            self.without_time += "retry-after" not in answer.headers
        if answer.status_code >= 400:
            self.refusals.append(f"{act.path} → {answer.status_code}: {answer.text[:300]}")
        return answer

    def read(self, path: str, by: str, **asked: Any) -> Any:
        """GET it; for times when all is well."""
        answer = self.http.get(path, params=asked, headers=self.people.headers(by))
        assert answer.status_code == 200, answer.text[:500]
        return answer.json()


class Load:
    """What a number of workers do until they are told to stop, and what they were told."""

    def __init__(
        self, stack: Stack, people: People, *, workers: int = 4, sender: type[Sender] = Sender
    ) -> None:
        self.stack = stack
        self.people = people
        self.cases: dict[str, list[Acknowledged]] = {}
        self.published: dict[str, list[int]] = {}
        self.errors: list[BaseException] = []
        self._senders = [sender(people, stack.base) for _ in range(workers + 1)]
        self._stop = threading.Event()
        editing, *applying = self._senders
        self._items = _items(editing)
        works = [(self._publish, editing), *((self._apply, one) for one in applying)]
        self._threads = [threading.Thread(target=self._run, args=work) for work in works]

    @property
    def acknowledged(self) -> list[Acknowledged]:
        """Every act on cases that was acknowledged."""
        return [one for acts in self.cases.values() for one in acts]

    @property
    def statuses(self) -> Counter[int]:
        """How often each status was answered."""
        return sum((one.statuses for one in self._senders), Counter[int]())

    @property
    def refusals(self) -> list[str]:
        """The first answers that were not the wanted ones, in words."""
        return [told for one in self._senders for told in one.refusals][:5]

    @property
    def broken(self) -> int:
        """How many requests got no answer."""
        return sum(one.broken for one in self._senders)

    @property
    def without_time(self) -> int:
        """How many 503 did not say when to come again."""
        return sum(one.without_time for one in self._senders)

    @property
    def slowest(self) -> float:
        """The longest that anybody waited for an answer, or for there being none."""
        return max(one.slowest for one in self._senders)

    def wait_for(self, more: int, seconds: float = PATIENCE) -> None:
        """Wait until so many more acts were acknowledged."""
        wanted = len(self.acknowledged) + more
        until = time.monotonic() + seconds
        while len(self.acknowledged) < wanted and not self.errors:
            assert time.monotonic() < until, f"nothing gets done: {self.statuses}"
            time.sleep(0.05)

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let everybody finish the case in hand; what went wrong is raised."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        for sender in self._senders:
            sender.close()
        if self.errors:
            raise ExceptionGroup("the load", [e for e in self.errors if isinstance(e, Exception)])

    def _run(self, work: Any, sender: Sender) -> None:
        try:
            while not self._stop.is_set():
                work(sender)
        except BaseException as error:  # noqa: BLE001 - told in the thread that asks
            self.errors.append(error)

    def _apply(self, sender: Sender) -> None:
        """One case from its submission to its delivery."""
        body = {"item": self.stack.demo["item"], "form": birth_form(), "status": "submitted"}
        submitted = sender.send(Act(CASES, body, "applicant", 201))
        number = _number(submitted)
        self.cases[number] = [submitted]
        for act, wanted in HANDLING:
            done = sender.send(Act(f"{CASES}/{number}/{act}", wanted, "system"))
            self.cases[number].append(done)

    def _publish(self, editor: Sender) -> None:
        """The next version of each item, now and then."""
        for code, item in self._items.items():
            item["promise_days"] = item["promise_days"] % 5 + 1
            done = editor.send(Act(ITEMS, item, "editor", 201))
            self.published.setdefault(code, []).append(_version(done))
        self._stop.wait(0.5)


class Twice(Sender):
    """Sends each act twice at once, as a network or an impatient client does."""

    def __init__(self, people: People, base: str) -> None:
        super().__init__(people, base)
        self._pool = ThreadPoolExecutor(2)

    def close(self) -> None:
        """Let go of the connections."""
        self._pool.shutdown()
        super().close()

    def once(self, act: Act) -> httpx.Response | None:
        """Both get the same answer, or are told to come again."""
        sending = [self._pool.submit(super(Twice, self).once, act) for _ in range(2)]
        both = [one.result() for one in sending]
        done = [one for one in both if one is not None and one.status_code == act.expect]
        assert len({one.content for one in done}) <= 1, [one.text for one in done]
        return done[0] if done else both[0]


def _passing(answer: httpx.Response) -> bool:
    """Whether it says to come again."""
    if answer.status_code in BUSY:
        return "retry-after" in answer.headers
    return answer.status_code in AWAY


def _items(editor: Sender) -> dict[str, dict[str, Any]]:
    """Three items that nobody applies for here, as they were published last."""
    listed = editor.read(ITEMS, "editor", limit=50)["items"]
    codes = sorted(one["code"] for one in listed if one["status"] == "published")[:3]
    assert len(codes) == 3
    found: dict[str, dict[str, Any]] = {}
    for code in codes:
        version = editor.read(f"{ITEMS}/{code}", "editor")["version"]
        found[code] = editor.read(f"{ITEMS}/{code}/versions/{version}", "editor")["item"]
        found[code].setdefault("promise_days", 1)
    return found


def _number(done: Acknowledged) -> str:
    number: str = json.loads(done.answer)["number"]
    return number


def _version(done: Acknowledged) -> int:
    version: int = json.loads(done.answer)["version"]
    return version
