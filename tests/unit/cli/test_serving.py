"""`serve` on a socket that somebody else holds: several processes behind one address."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.sources import ROOT

APP = """
import os
import sys
from shared.cli.serving import serve_app

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    pid = str(os.getpid()).encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": pid})

serve_app(app, host="", port=0, uds=sys.argv[1], fd=0)
"""


@contextmanager
def process(shared: socket.socket, own: Path) -> Iterator[subprocess.Popen[bytes]]:
    """One process that serves on the shared socket and on its own."""
    command = [sys.executable, "-c", APP, str(own)]
    started = subprocess.Popen(command, stdin=shared.fileno(), cwd=ROOT)
    try:
        yield started
    finally:
        started.kill()
        started.wait()


@pytest.fixture(params=["unix", "tcp"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[socket.socket]:
    family = socket.AF_UNIX if request.param == "unix" else socket.AF_INET
    with socket.socket(family) as bound:
        bound.bind(str(tmp_path / "shared") if request.param == "unix" else ("127.0.0.1", 0))
        bound.listen()
        yield bound


def reached(address: socket.socket | Path) -> str:
    """Who answers there."""
    place = str(address) if isinstance(address, Path) else address.getsockname()
    wait_for(place)
    uds = place if isinstance(place, str) else None
    host = "service" if isinstance(place, str) else f"{place[0]}:{place[1]}"
    with httpx.Client(transport=httpx.HTTPTransport(uds=uds), timeout=20) as client:
        return client.get(f"http://{host}/").text


def wait_for(place: Any) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        family = socket.AF_UNIX if isinstance(place, str) else socket.AF_INET
        with socket.socket(family) as probe, suppress(OSError):
            probe.connect(place)
            return
        time.sleep(0.05)
    raise AssertionError(f"nobody listens at {place}")


def test_each_process_answers_at_its_own_address_and_at_the_shared_one(
    shared: socket.socket, tmp_path: Path
) -> None:
    own = [tmp_path / "0", tmp_path / "1"]
    with process(shared, own[0]) as first, process(shared, own[1]) as second:
        assert reached(own[0]) == str(first.pid)
        assert reached(own[1]) == str(second.pid)
        assert reached(shared) in {str(first.pid), str(second.pid)}
        first.kill()
        first.wait()
        assert reached(shared) == str(second.pid)


def test_what_comes_while_none_is_there_waits_for_the_next(
    shared: socket.socket, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    with process(shared, own) as first:
        assert reached(own) == str(first.pid)
        first.send_signal(signal.SIGTERM)
        first.wait(20)
    with process(shared, own) as second:
        assert reached(shared) == str(second.pid)
