"""The main job played once on a onebox that records everything, and all that it left behind."""

import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from deploy.demo.story import play
from tests.support.collector import Collector, Seen, collecting
from tests.support.onebox import ROOT, Onebox, running
from tests.support.signals import SERVICES


class Department:
    """A department's receiver of webhooks, which notes what comes and with which headers."""

    def __init__(self) -> None:
        self.taken: list[tuple[dict[str, str], dict[str, Any]]] = []
        taken = self.taken

        class Page(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                taken.append(({n.lower(): v for n, v in self.headers.items()}, json.loads(body)))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/events"

    def told(self, fact: str) -> tuple[dict[str, str], dict[str, Any]]:
        """The headers and the event of one fact, once it has come."""
        until = time.monotonic() + 20
        while time.monotonic() < until:
            for headers, event in list(self.taken):
                if event["type"] == f"tongban.cases.{fact}.v1":
                    return headers, event
            time.sleep(0.05)
        raise AssertionError(f"no webhook told of {fact}: {self.taken}")

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@dataclass(frozen=True)
class Played:
    """A onebox that has played the story once, stopped, with all that it left behind."""

    onebox: Onebox
    collector: Collector
    department: Department
    metrics: dict[str, str]

    def trace_of(self, name: str) -> list[Seen]:
        """Every span of the first trace that has a span of this name."""
        spans = self.collector.spans()
        found = next(span.trace for span in spans if span.name == name)
        return [span for span in spans if span.trace == found]


@contextmanager
def playing(folder: Path) -> Iterator[Played]:
    """The story, traced, with a department that subscribed to its webhooks; then all is over."""
    department = Department()
    try:
        with (
            collecting() as collector,
            running(
                folder, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, TELEMETRY_SAMPLE="1"
            ) as onebox,
        ):
            subscribe(onebox, department.url)
            list(play(onebox.demo))
            httpx.get(f"{onebox.base}/", timeout=30)
            department.told("case_delivered")
            time.sleep(1.5)  # the sealer's second
            metrics = exposed(onebox)
            onebox.stop()
            yield Played(onebox, collector, department, metrics)
    finally:
        department.close()


def subscribe(onebox: Onebox, url: str) -> None:
    """Have the department's system told of its cases."""
    client = onebox.demo["clients"]["department"]
    with httpx.Client(base_url=onebox.base, timeout=30) as http:
        asked = {"grant_type": "client_credentials", "scope": "events.read"}
        login = (client["client_id"], client["client_secret"])
        token = http.post("/identity/token", data=asked, auth=login).json()["access_token"]
        answer = http.post(
            "/api/exchange/v1/subscriptions",
            json={"url": url, "types": ["tongban.cases.*"]},
            headers={"Authorization": f"Bearer {token}"},
        )
    assert answer.status_code == 201, answer.text


def exposed(onebox: Onebox) -> dict[str, str]:
    """The metrics of each service, and those of the gateway as a monitoring client gets them."""
    found = {}
    for name in SERVICES:
        transport = httpx.HTTPTransport(uds=str(onebox.folder / f"run/{name}.sock"))
        with httpx.Client(transport=transport) as http:
            found[name] = http.get("http://localhost/metrics").text
    registered = subprocess.run(
        [sys.executable, "-m", "services.identity", "register-client", "Monitoring",
         "--id", "monitoring", "--scope", "ops.read"],
        cwd=ROOT, env=onebox.service_environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    secret = re.findall(r"client_secret\W+(\S+)", registered.stdout)[0]
    asked = {"grant_type": "client_credentials", "scope": "ops.read"}
    with httpx.Client(base_url=onebox.base, timeout=30) as http:
        answer = http.post("/identity/token", data=asked, auth=("monitoring", secret))
        bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        found["gateway"] = http.get("/metrics", headers=bearer).text
    return found
