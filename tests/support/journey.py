"""The main job walked with retries: one key per act, whatever breaks, and then a judgement.

It keeps what was acknowledged. Afterwards nothing acknowledged may be gone, and nothing may be
there twice: that is the whole of what a client can expect of a platform that dies and comes back.
"""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

import httpx

from deploy.demo.citizen import Citizen, Stopped
from shared.ids import uuid7
from tests.support.onebox import KilledAtStart

T = TypeVar("T")
_PATIENCE = 90.0
_FORM = Path(__file__).parent / "birth_form.json"
_HANDLING: tuple[tuple[str, dict[str, Any]], ...] = (
    ("accept", {"note": "材料齐全"}),
    ("decide", {"outcome": "granted", "result": "准予办理"}),
    ("deliver", {"means": "electronic"}),
)
_FACTS = ["case_submitted", "case_accepted", "case_decided", "case_delivered"]


class Site(Protocol):
    """A running platform: a onebox, or a stack, which brings itself back."""

    @property
    def demo(self) -> dict[str, Any]: ...

    def exit_code(self) -> int | None: ...

    def start(self) -> None: ...


class Journey:
    """One citizen's case from the login to the delivery, on a platform that may die on the way."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.deaths = 0
        self.number = ""
        self.acknowledged: list[str] = []
        self._citizen = Citizen(site.demo)
        self._system = Citizen(site.demo)

    def close(self) -> None:
        """Let go of the connections."""
        self._citizen.close()
        self._system.close()

    def walk(self, stop_after: int = 4) -> None:
        """Walk the whole way, or its first acts; each is sent with its key until it is answered."""
        self._retried(self._log_in)
        body = {
            "item": self._site.demo["item"],
            "form": birth_form(),
            "status": "submitted",
        }
        case = self._sent(self._citizen, "/api/cases/v1/cases", body, expect=201)
        self.number = case["number"]
        self.acknowledged.append("submit")
        self.walk_on(stop_after)

    def walk_on(self, stop_after: int = 4) -> None:
        """The acts that are left."""
        for act, wanted in _HANDLING[len(self.acknowledged) - 1 : stop_after - 1]:
            self._sent(self._system, f"/api/cases/v1/cases/{self.number}/{act}", wanted)
            self.acknowledged.append(act)

    def judge(self) -> None:
        """Raise AssertionError unless all that was acknowledged is there, once."""
        case = self._retried(lambda: self._citizen.get(f"/api/cases/v1/cases/{self.number}"))
        assert case["status"] == "delivered"
        path = f"/api/cases/v1/cases/{self.number}/history"
        lines = self._retried(lambda: self._citizen.get(path))["lines"]
        acts = [line["act"] for line in lines if line["act"] != "draft"]
        assert acts == self.acknowledged, acts
        mine = self._retried(lambda: self._citizen.get("/api/cases/v1/cases", limit=100))["items"]
        assert [one["number"] for one in mine].count(self.number) == 1
        events = self._events()
        assert [event["type"].split(".")[2] for event in events] == _FACTS
        assert [int(event["sequence"]) for event in events] == [1, 2, 3, 4]
        assert len({event["id"] for event in events}) == len(events)

    def cases(self) -> int:
        """How many cases the citizen has: one for each journey, however often it was retried."""
        found = self._retried(lambda: self._citizen.get("/api/cases/v1/cases", limit=100))
        return len(found["items"])

    def _events(self) -> list[dict[str, Any]]:
        """The case's events in the department's feed, awaited while the relay catches up."""
        until = time.monotonic() + _PATIENCE
        found: list[dict[str, Any]] = []
        while time.monotonic() < until and len(found) < len(_FACTS):
            found = [e for e in self._feed() if e["subject"] == self.number]
            time.sleep(0.2)
        return found

    def _feed(self) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = []
        asked = {"types": "tongban.cases.*"}
        while True:
            page = self._retried(partial(self._system.get, "/api/exchange/v1/events", **asked))
            events += page["events"]
            asked["after"] = page["next"]
            if not page["events"]:
                return events

    def _sent(
        self, who: Citizen, path: str, body: dict[str, Any], *, expect: int = 200
    ) -> dict[str, Any]:
        key = uuid7()
        return self._retried(lambda: who.post(path, body, expect=expect, key=key))

    def _log_in(self) -> None:
        demo = self._site.demo
        app = self._citizen.register_app()
        self._citizen.log_in(demo["accounts"]["citizen"], app)
        client = demo["clients"]["department"]
        answer = self._system.http.post(
            f"{demo['issuer']}/token",
            data={"grant_type": "client_credentials", "scope": client["scope"]},
            auth=(client["client_id"], client["client_secret"]),
        )
        answer.raise_for_status()
        self._system.token = answer.json()["access_token"]

    def _retried(self, act: Callable[[], T]) -> T:
        """Do it until it is answered; bring the platform back when it has died."""
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                return act()
            except (httpx.TransportError, httpx.HTTPStatusError, Stopped) as error:
                if time.monotonic() > until or not self._passing(error):
                    raise
            time.sleep(0.1)

    def _passing(self, error: Exception) -> bool:
        """Whether the error is one of a platform that is away, and bring it back."""
        if self._site.exit_code() is not None:
            self.deaths += 1
            with suppress(KilledAtStart):
                self._site.start()
            return True
        if isinstance(error, Stopped):
            return any(f"→ {status}" in str(error) for status in (502, 503, 504))
        return True


def birth_form() -> dict[str, Any]:
    """A whole form of the demo's item, as its applicant would fill it."""
    form: dict[str, Any] = json.loads(_FORM.read_text("utf-8"))
    return form


Begun = Callable[[Site], Journey]
