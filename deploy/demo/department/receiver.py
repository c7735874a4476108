"""A receiver of webhooks in plain Python: verifies the signature, and stores each event once.

    python -m deploy.demo.department.receiver whsec_…

listens on 127.0.0.1:9902, keeps the events in received.db, and prints each as it is stored.
"""

import base64
import hmac
import json
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOLERANCE = 300
LARGEST = 1024 * 1024


def verified(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether we are meant, just now, and nothing was changed (Standard Webhooks, v1)."""
    headers = {name.lower(): value for name, value in headers.items()}
    message, moment = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not moment.isdigit() or abs(time.time() - int(moment)) > TOLERANCE:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{message}.{moment}.".encode() + body
    good = b"v1," + base64.b64encode(hmac.digest(key, content, "sha256"))
    given = headers.get("webhook-signature", "").encode().split()
    return any(hmac.compare_digest(good, one) for one in given)


class Events:
    """The events that came, each once, in the order of their subject."""

    def __init__(self, file: str) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(file, check_same_thread=False)
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS events "
            "(place INTEGER PRIMARY KEY, id TEXT UNIQUE, subject TEXT, event TEXT)"
        )

    def store(self, event: dict[str, Any]) -> bool:
        """Store an event; False when we have it. A real system acts on it in this transaction."""
        row = (event["id"], event["subject"], json.dumps(event))
        put = "INSERT OR IGNORE INTO events (id, subject, event) VALUES (?, ?, ?)"
        with self._lock, self._db:
            return self._db.execute(put, row).rowcount == 1

    def of(self, subject: str) -> list[dict[str, Any]]:
        """What we know of a subject, in the order in which it came: that is its own order."""
        found = "SELECT event FROM events WHERE subject = ? ORDER BY place"
        with self._lock:
            return [json.loads(row[0]) for row in self._db.execute(found, (subject,))]

    def close(self) -> None:
        """Close the file."""
        self._db.close()


class Receiver(ThreadingHTTPServer):
    """Answers 204 for what is stored, 401 for what is not signed by a secret of ours."""

    daemon_threads = True

    def __init__(
        self, events: Events, port: int = 0, told: Callable[[str], object] = lambda _: None
    ) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.events = events
        self.told = told
        self.secrets: list[str] = []  # two while one takes over from the other

    @property
    def url(self) -> str:
        """Where events are to be posted."""
        return f"http://127.0.0.1:{self.server_port}/events"

    def take(self, headers: Mapping[str, str], body: bytes) -> int:
        """Take a delivery; gives the status to answer."""
        if not any(verified(secret, headers, body) for secret in self.secrets):
            return 401
        event = json.loads(body)
        if self.events.store(event):
            self.told(f"{event['type']} {event['subject']} #{event['sequence']}")
        return 204


class _Handler(BaseHTTPRequestHandler):
    server: Receiver
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        if not 0 < length <= LARGEST:
            self.close_connection = True
            status = 413
        else:
            status = self.server.take(dict(self.headers), self.rfile.read(length))
        self.send_response_only(status)
        if status != 204:  # noqa: PLR2004 - 204 has no body and no length
            self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """What came is told once it is stored."""


def main(arguments: Iterable[str]) -> int:
    """Receive until Ctrl-C."""
    with closing(Events("received.db")) as events:
        receiver = Receiver(events, 9902, lambda line: sys.stdout.write(f"{line}\n"))
        receiver.secrets = list(arguments)
        sys.stdout.write(f"{receiver.url}\n")
        try:
            receiver.serve_forever()
        except KeyboardInterrupt:
            return 0
        finally:
            receiver.server_close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
