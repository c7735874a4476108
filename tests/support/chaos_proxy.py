"""The TCP fault proxy that lies beside the checkout, before a port of this machine."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from deploy.stack.kafka import free_ports
from tests.support.fault_tools import FOLDER, MISSING

_START_SECONDS = 30.0


class ChaosProxy:
    """Passes connections on, and spoils them as it is told."""

    def __init__(self, port: int, control: int) -> None:
        self.port = port
        self._control = control

    def tell(self, **mode: Any) -> dict[str, int]:
        """Change what it does (`chaosproxy.py` says what there is); gives what it has counted."""
        with (
            socket.create_connection(("127.0.0.1", self._control), 10) as line,
            line.makefile("rwb") as stream,
        ):
            stream.write(json.dumps(mode).encode() + b"\n")
            stream.flush()
            told: dict[str, dict[str, int]] = json.loads(stream.readline())
        return told["stat"]


@contextmanager
def chaos_before(port: int) -> Iterator[ChaosProxy]:
    """A proxy before a port, until the block ends; or a reason to skip."""
    script = FOLDER / "chaosproxy.py"
    if not script.exists():
        pytest.skip(MISSING)
    listen = free_ports(2)
    words = [str(listen), f"127.0.0.1:{port}", str(listen + 1)]
    process = subprocess.Popen([sys.executable, str(script), *words], stdin=subprocess.DEVNULL)
    try:
        proxy = ChaosProxy(listen, listen + 1)
        until = time.monotonic() + _START_SECONDS
        while True:
            try:
                proxy.tell()
                break
            except OSError:
                assert process.poll() is None, "the proxy ended"
                assert time.monotonic() < until, "the proxy did not start"
                time.sleep(0.05)
        yield proxy
    finally:
        process.terminate()
        process.wait()
