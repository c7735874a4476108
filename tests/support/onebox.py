"""A real onebox for tests: `python -m deploy.onebox` in a folder and on a port of its own."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from deploy.onebox import SERVICES, defaults
from deploy.stack.kafka import free_ports

ROOT = Path(__file__).parents[2]
_START_SECONDS = 90
_SETTLE_SECONDS = 60
_QUIET_LOOKS = 5
_UNSENT = "SELECT count(*) FROM outbox"
_UNTAKEN = (
    "SELECT count(*) FROM offsets AS taken"
    " JOIN log ON log.topic = taken.topic AND log.position > taken.position"
)


class KilledAtStart(RuntimeError):
    """Somebody killed the process before it was ready."""


class Onebox:
    """One onebox process that can be killed and started again on the same data."""

    def __init__(
        self, folder: Path, *, cwd: Path = ROOT, port: int | None = None, **environment: str
    ) -> None:
        """`folder`: its data; where it lies below `cwd`, the process is told the relative path."""
        self.folder = folder
        self.cwd = cwd
        self.port = port or free_ports()
        self.base = f"http://localhost:{self.port}"
        self.environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def started(self) -> bool:
        """Whether there ever was a process."""
        return self._process is not None

    @property
    def pid(self) -> int:
        """The process that runs now."""
        assert self._process is not None
        return self._process.pid

    @property
    def demo(self) -> dict[str, Any]:
        """What the start wrote for those who try it."""
        written: dict[str, Any] = json.loads((self.folder / "demo.json").read_text())
        return written

    def service_environment(self) -> dict[str, str]:
        """The environment in which a service's command works on this onebox's data."""
        folder = self.folder.resolve()
        return {
            **os.environ,
            **defaults(folder, folder / "run", str(self.port)),
            "PYTHONPATH": str(ROOT),
        }

    def start(self, extra: Mapping[str, str] | None = None, *, wait: bool = True) -> None:
        """Start the process, and wait until it answers."""
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("COV_", "PYTEST_"))},
            "TONGBAN_VAR": str(self._told()),
            "GATEWAY_PORT": str(self.port),
            "PYTHONPATH": str(ROOT),
            **self.environment,
            **(extra or {}),
        }
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.folder / "console.txt").open("ab") as console:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "deploy.onebox"],
                cwd=self.cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
            )
        if wait:
            self.wait_ready()

    def _told(self) -> Path:
        below = self.folder.is_relative_to(self.cwd)
        return self.folder.relative_to(self.cwd) if below else self.folder

    def wait_ready(self) -> None:
        """Wait until the gateway and every service behind it is ready."""
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until:
            if self.exit_code() == -signal.SIGKILL:
                raise KilledAtStart
            if self.exit_code() is not None:
                raise RuntimeError(f"the onebox ended at its start:\n{self.console()}")
            with suppress(httpx.HTTPError):
                if httpx.get(f"{self.base}/readyz", timeout=2).status_code == httpx.codes.OK:
                    return
            time.sleep(0.1)
        raise RuntimeError(f"the onebox did not get ready:\n{self.console()}")

    def wait_settled(self) -> None:
        """Wait until every event there is has been sent, and taken by those who want it."""
        until, quiet = time.monotonic() + _SETTLE_SECONDS, 0
        while quiet < _QUIET_LOOKS:  # a consumer's first look may be still to come
            if time.monotonic() > until:
                raise RuntimeError(f"events are still on their way:\n{self.console()}")
            quiet = 0 if self._on_their_way() else quiet + 1
            time.sleep(0.2)

    def _on_their_way(self) -> int:
        """How many events wait in an outbox or for a group of consumers."""
        unsent = [_count(self.folder / f"{name}.db", _UNSENT) for name in SERVICES]
        return sum(unsent) + _count(self.folder / "events.db", _UNTAKEN)

    def exit_code(self) -> int | None:
        """How the process ended, or None while it runs."""
        assert self._process is not None
        return self._process.poll()

    def wait_end(self, seconds: float = 30) -> int:
        """Wait for the process to end by itself."""
        assert self._process is not None
        return self._process.wait(seconds)

    def kill(self) -> None:
        """kill -9: no time to write anything."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def kill_quietly(self) -> None:
        """kill -9 from another thread: whoever waits for the process finds out by himself."""
        assert self._process is not None
        self._process.kill()

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Ask it to stop, as Ctrl-C does; gives its exit code."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(number)
        return self._process.wait(30)

    def console(self) -> str:
        """What it has printed so far."""
        return (self.folder / "console.txt").read_text(errors="replace")[-4000:]


def copy_data(kept: Path, place: Path) -> None:
    """Put a copy of a onebox's data to a place, without its sockets and logs."""
    shutil.copytree(kept, place, ignore=shutil.ignore_patterns("run", "*.log", "console.txt"))


@contextmanager
def running(
    folder: Path, *, cwd: Path = ROOT, port: int | None = None, **environment: str
) -> Iterator[Onebox]:
    """A onebox that is ready, stopped when the block ends."""
    onebox = Onebox(folder, cwd=cwd, port=port, **environment)
    onebox.start()
    try:
        yield onebox
    finally:
        with suppress(subprocess.TimeoutExpired):
            onebox.stop()
        if onebox.exit_code() is None:
            onebox.kill()


def _count(database: Path, question: str) -> int:
    with closing(sqlite3.connect(database)) as connection:
        [(found,)] = connection.execute(question)
        return int(found)
