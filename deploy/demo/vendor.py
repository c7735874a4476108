"""A department's system at work, as its vendor would write it: plain HTTP through the gateway.

    python -m deploy.demo.vendor

follows the department's events, and accepts, decides and delivers each case as it comes in.
"""

import json
import sys
import time
import uuid
from collections.abc import Iterator
from typing import Any

import httpx

from deploy.demo.citizen import Stopped
from deploy.demo.place import demo_file

SUBMITTED = "tongban.cases.case_submitted.v1"
_LONG_POLL = 20
_PATIENCE = 30.0
_EARLIER = 30.0  # a token is replaced this long before its end


class Vendor:
    """A client system of a department: a token of its own, and a place in the feed."""

    def __init__(self, demo: dict[str, Any]) -> None:
        """`demo`: what `make run` writes to var/demo.json."""
        self._base: str = demo["base"]
        self._issuer: str = demo["issuer"]
        self._client: dict[str, str] = demo["clients"]["department"]
        self._http = httpx.Client(timeout=_PATIENCE, trust_env=False)
        self._token, self._until = "", 0.0
        self._after: str | None = None

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def follow(self, types: str = "tongban.cases.*", wait: float = 5) -> Iterator[dict[str, Any]]:
        """The events that came since the last call; it waits for the first of them."""
        asked: dict[str, Any] = {"types": types, "wait": wait}
        while True:
            if self._after is not None:
                asked["after"] = self._after
            page = self._call("GET", "/api/exchange/v1/events", params=asked)
            self._after = page["next"]
            yield from page["events"]
            if not page["events"]:
                return
            asked["wait"] = 0

    def subscribe(self, url: str, types: str = "tongban.cases.*") -> dict[str, Any]:
        """Have events posted to a receiver; the answer holds the secret that signs them."""
        made: dict[str, Any] = self._call(
            "POST",
            "/api/exchange/v1/subscriptions",
            json={"url": url, "types": [types]},
            headers={"Idempotency-Key": str(uuid.uuid4())},
        )
        return made

    def unsubscribe(self, subscription: str) -> None:
        """End a subscription."""
        self._call("DELETE", f"/api/exchange/v1/subscriptions/{subscription}")

    def tasks(self) -> list[dict[str, Any]]:
        """What the department owes, by the day it is due."""
        found: list[dict[str, Any]] = self._call("GET", "/api/cases/v1/tasks")["items"]
        return found

    def accept(self, number: str) -> dict[str, Any]:
        """受理."""
        return self._act(number, "accept", {"note": "材料齐全"})

    def decide(self, number: str) -> dict[str, Any]:
        """办结."""
        return self._act(number, "decide", {"outcome": "granted", "result": "准予办理"})

    def deliver(self, number: str) -> dict[str, Any]:
        """送达."""
        return self._act(number, "deliver", {"means": "electronic"})

    def _act(self, number: str, act: str, body: dict[str, Any]) -> dict[str, Any]:
        # One key for the act, however often it has to be sent: the effect comes once.
        key = str(uuid.uuid4())
        path = f"/api/cases/v1/cases/{number}/{act}"
        done: dict[str, Any] = self._call("POST", path, json=body, headers={"Idempotency-Key": key})
        return done

    def _call(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, **more: Any
    ) -> Any:
        sent = {"Authorization": f"Bearer {self._access_token()}", **(headers or {})}
        answer = self._http.request(method, self._base + path, headers=sent, **more)
        if not answer.is_success:
            raise Stopped(f"{method} {path} → {answer.status_code}: {answer.text[:800]}")
        return answer.json() if answer.content else None

    def _access_token(self) -> str:
        if time.monotonic() < self._until:
            return self._token
        answer = self._http.post(
            f"{self._issuer}/token",
            data={"grant_type": "client_credentials", "scope": self._client["scope"]},
            auth=(self._client["client_id"], self._client["client_secret"]),
        )
        if not answer.is_success:
            raise Stopped(f"the token endpoint answered {answer.status_code}: {answer.text[:800]}")
        given = answer.json()
        self._token = given["access_token"]
        self._until = time.monotonic() + given["expires_in"] - _EARLIER
        return self._token


def work(vendor: Vendor) -> Iterator[str]:
    """Handle what waits on the desk, then each case as its event comes; tells what it does."""
    for _ in vendor.follow(SUBMITTED, wait=0):
        pass  # these cases are on the desk, or handled long ago
    for task in vendor.tasks():
        if task["status"] == "submitted":
            yield from handle(vendor, task["number"])
    while True:
        for event in vendor.follow(SUBMITTED, wait=_LONG_POLL):
            yield f"事件 (event) {event['type']} {event['subject']}"
            yield from handle(vendor, event["subject"])


def handle(vendor: Vendor, number: str) -> Iterator[str]:
    """Accept, decide and deliver one case; what somebody else handled meanwhile is left to him."""
    try:
        for name, act in (
            ("受理", vendor.accept),
            ("办结", vendor.decide),
            ("送达", vendor.deliver),
        ):
            yield f"{name} {number}: {act(number)['status']}"
    except Stopped as reason:
        yield f"跳过 (passed over) {number}: {reason}"


def main() -> int:
    """Work until Ctrl-C."""
    written = demo_file()
    try:
        for line in work(Vendor(json.loads(written.read_text("utf-8")))):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
    except KeyboardInterrupt:
        return 0
    except (OSError, ValueError, httpx.TransportError) as error:
        sys.stdout.write(f"{written}: {error!r}；请先运行 make run (run `make run` first)\n")
        return 2
    except Stopped as reason:
        sys.stdout.write(f"停在这里 (stopped here)：{reason}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
