"""Events that come out of order to a stack's consumers, and a department that takes webhooks."""

import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import httpx

from shared.events import Envelope
from shared.ids import uuid7
from tests.support.stack import Stack
from tests.support.stack_bus import publish
from tests.support.stack_judgement import rows
from tests.support.stack_load import AWAY, FACTS
from tests.support.stack_people import People

_SUBJECTS = 6
_PAUSE = 1.0
_FOLLOWING = ("exchange.feed", "exchange.people", "exchange.clients")
_PATIENCE = 240.0
_SUBSCRIPTIONS = "/api/exchange/v1/subscriptions"


class Overtaking:
    """Publishes the second event of subjects before the first, so that it is parked, then called.

    They are of a type that concerns nobody, in the name of identity: each group of exchange that
    follows identity judges their order, and nothing else comes of them.
    """

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._subjects: list[str] = []
        self._late: list[str] = []
        self._next = 0.0

    def step(self) -> None:
        """The first events of those before, and the second of some more; never many at once."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _PAUSE
        waiting = "SELECT count(*) FROM inbox_parked WHERE why = 'behind'"
        if rows(self._stack, "exchange", waiting)[0][0]:
            return
        more = [f"probe-{uuid7()}" for _ in range(_SUBJECTS)]
        late, self._late = self._late, more
        events = [_probe(subject, 1) for subject in late] + [_probe(subject, 2) for subject in more]
        publish(self._stack.bootstrap, events)
        self._subjects += more

    def end(self) -> None:
        """The first events that are missing still; then both of each have had their turn."""
        publish(self._stack.bootstrap, [_probe(subject, 1) for subject in self._late])
        query = "SELECT count(*) FROM inbox_subject WHERE subject = ANY($1) AND last = 2"
        wanted = len(_FOLLOWING) * len(self._subjects)
        deadline = time.monotonic() + _PATIENCE
        while (found := rows(self._stack, "exchange", query, self._subjects)[0][0]) != wanted:
            assert time.monotonic() < deadline, (found, wanted)
            time.sleep(0.2)


def _probe(subject: str, sequence: int) -> Envelope:
    return Envelope(
        source="/services/identity",
        type="tongban.identity.probe_noticed.v1",
        subject=subject,
        sequence=sequence,
        data={},
    )


class Receiver:
    """A department's webhook receiver: it takes everything, and remembers in which order."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/events"
        self._lock = threading.Lock()
        self._taken: dict[str, list[tuple[int, str]]] = defaultdict(list)

    def take(self, event: dict[str, Any]) -> None:
        """One delivery."""
        with self._lock:
            self._taken[event["subject"]].append((int(event["sequence"]), event["id"]))

    def taken(self, subject: str) -> list[tuple[int, str]]:
        """Sequence and id of what came for a subject, repeats too."""
        with self._lock:
            return list(self._taken[subject])


class Subscription:
    """The department's subscription to all that happens to its cases."""

    def __init__(self, stack: Stack, people: People, receiver: Receiver) -> None:
        self._receiver = receiver
        self._people = people
        self._http = httpx.Client(base_url=stack.base, timeout=40, trust_env=False)
        wanted = {"url": receiver.url, "types": ["tongban.cases.*"]}
        key = {"Idempotency-Key": uuid7()}
        made = self._ask("POST", _SUBSCRIPTIONS, json=wanted, headers=key)
        self._path = f"{_SUBSCRIPTIONS}/{made.json()['id']}"

    def judge(self, number: str) -> None:
        """The receiver got each event of the case, and each for the first time in its order."""
        deadline = time.monotonic() + _PATIENCE
        while len(set(self._receiver.taken(number))) < len(FACTS):
            assert time.monotonic() < deadline, (number, self._receiver.taken(number))
            time.sleep(0.1)
        firsts = list(dict.fromkeys(self._receiver.taken(number)))
        assert [sequence for sequence, _ in firsts] == [1, 2, 3, 4], number

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Take it back."""
        tag = self._ask("GET", self._path).headers["etag"]
        self._ask("DELETE", self._path, headers={"If-Match": tag})
        self._http.close()

    def _ask(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        deadline = time.monotonic() + _PATIENCE
        while True:
            sent = self._people.headers("system") | (headers or {})
            answer = self._http.request(method, path, headers=sent, **more)
            if answer.is_success:
                return answer
            assert answer.status_code in AWAY, answer.text
            assert time.monotonic() < deadline, answer.text
            time.sleep(0.2)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            body = self.rfile.read(length)
            if len(body) < length:  # its sender died
                self.close_connection = True
                return
            receiver.take(json.loads(body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver = Receiver(server.server_address[1])
        serving = threading.Thread(target=server.serve_forever, args=(0.1,))
        serving.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            serving.join()
