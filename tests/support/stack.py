"""A real stack for tests: `python -m deploy.stack up` in a folder and on ports of its own.

The fixture `stack` is one for the whole session. A test leaves it running and whole; one that
breaks it for good takes its own by `running()`.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from deploy.stack.asking import ask
from deploy.stack.health import ready
from deploy.stack.kafka import free_ports
from deploy.stack.programs import Stack as Planned
from deploy.stack.settings import StackSettings
from deploy.stack.supervisor import Process, Supervisor
from tests.support.databases import require_postgres
from tests.support.kafka import require_kafka
from tests.support.onebox import ROOT

_START_SECONDS = 480
_STOP_SECONDS = 90
_BACK_SECONDS = 120


class Stack:
    """One stack, its processes by name: `postgres`, `kafka`, `gateway`, `cases_0`, `cases_1` …"""

    def __init__(
        self, folder: Path, *, workers: str = "cases=2 exchange=2", **environment: str
    ) -> None:
        """`environment`: of all processes; `variables` gives some to one alone."""
        self.folder = folder
        self.workers = workers
        self.gateway_port = free_ports()
        self.postgres_port = free_ports()
        self.kafka_port = free_ports(2)
        self.base = f"http://localhost:{self.gateway_port}"
        self._environment = environment

    @property
    def demo(self) -> dict[str, Any]:
        """What the start wrote for those who try it."""
        written: dict[str, Any] = json.loads((self.folder / "demo.json").read_text("utf-8"))
        return written

    @property
    def planned(self) -> Planned:
        """The stack as its own code sees it: places, URLs, passwords."""
        given: dict[str, Any] = {
            "STACK_VAR": self.folder,
            "workers": self.workers,
            "postgres_port": self.postgres_port,
            "kafka_port": self.kafka_port,
            "GATEWAY_PORT": self.gateway_port,
        }
        return Planned(StackSettings(**given))

    @property
    def bootstrap(self) -> str:
        """HOST:PORT of the broker."""
        return f"127.0.0.1:{self.kafka_port}"

    def database(self, service: str) -> str:
        """The URL of a service's database, in its schema's owner's name."""
        return self.planned.preparing()[f"{service.upper()}_DATABASE_URL"]

    def start(self) -> None:
        """Start it, or what of it does not run; ready when this returns."""
        self.command("up", seconds=_START_SECONDS)

    def stop(self, *, wipe: bool = False) -> None:
        """Stop all of it."""
        self.command("down", *(["--wipe"] if wipe else []), seconds=_STOP_SECONDS)

    def exit_code(self) -> int | None:
        """None: it brings its processes back by itself."""
        return None

    def status(self) -> dict[str, Any]:
        """What `status --json` says, healthy or not."""
        found: dict[str, Any] = json.loads(self.command("status", "--json", may_fail=True))
        return found

    def command(self, *words: str, seconds: float = 120, may_fail: bool = False) -> str:
        """Run a command of the stack; gives what it printed."""
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("COV_", "PYTEST_"))},
            "STACK_VAR": str(self.folder),
            "STACK_WORKERS": self.workers,
            "STACK_POSTGRES_PORT": str(self.postgres_port),
            "STACK_KAFKA_PORT": str(self.kafka_port),
            "GATEWAY_PORT": str(self.gateway_port),
            **self._environment,
        }
        done = subprocess.run(
            [sys.executable, "-m", "deploy.stack", *words],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        if done.returncode and not may_fail:
            raise RuntimeError(f"{words} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def processes(self) -> dict[str, Process]:
        """What runs, by name."""
        return {one.name: one for one in self._supervisor.processes()}

    def pid(self, name: str) -> int:
        """The process that runs under this name now; 0 when none does."""
        return self.processes()[name].pid

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Send a process a signal behind the process manager's back; gives the pid it had."""
        pid = self.pid(name)
        os.kill(pid, number)
        return pid

    def halt(self, name: str) -> None:
        """Stop a process in good order until it is resumed: the manager leaves it alone."""
        self._supervisor.stop_process(self.processes()[name])

    def resume(self, name: str) -> None:
        """Start a process that was halted, and wait until it is ready."""
        self._supervisor.start_process(self.processes()[name])
        self.wait_ready(name)

    def restart(self, name: str) -> None:
        """Stop and start a process in good order."""
        self.halt(name)
        self.resume(name)

    def restart_broker(self) -> None:
        """Stop and start Kafka."""
        self.restart("kafka")

    def wait_back(self, name: str, old_pid: int) -> int:
        """Wait until another process than the old one is ready under this name; gives its pid."""
        until = time.monotonic() + _BACK_SECONDS
        while self.pid(name) in (0, old_pid):
            assert time.monotonic() < until, f"{name} was not started again"
            time.sleep(0.05)
        self.wait_ready(name)
        return self.pid(name)

    def wait_ready(self, name: str) -> None:
        """Wait until a process says that it is ready."""
        planned = self.planned
        programs = {one: program for program in planned.programs for one in program.process_names}
        until = time.monotonic() + _BACK_SECONDS
        while not ready(planned, programs[name], name):
            assert time.monotonic() < until, f"{name} did not get ready"
            time.sleep(0.1)

    def variables(self, name: str, *, once: bool = False, **environment: str) -> None:
        """Variables of a service, or one process, from its next start on; `once`: only for that.

        `once` is for a process: `stack.variables("cases_0", once=True, FAILPOINT=…)`.
        """
        file = self.folder / "environment" / f"{name}{'.once' if once else ''}.json"
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.write_text(json.dumps(environment), "utf-8")
        if not environment:
            file.unlink()

    def socket(self, name: str) -> Path:
        """Where one process alone can be reached, or all of a service."""
        return self.planned.layout.socket(name)

    def served(self, name: str) -> int:
        """How many requests one process has answered, those about its health left out."""
        _, metrics = ask(self.socket(name), "/metrics")
        lines = metrics.decode().splitlines()
        counted = (line for line in lines if line.startswith("http_requests_total{"))
        return sum(int(float(line.rpartition(" ")[2])) for line in counted if "/v1/" in line)

    def log(self, name: str) -> str:
        """What a process wrote."""
        return self.planned.layout.log(name).read_text("utf-8", "replace")

    @property
    def _supervisor(self) -> Supervisor:
        return Supervisor(self.planned.layout)


@contextmanager
def running(*, workers: str = "cases=2 exchange=2", **environment: str) -> Iterator[Stack]:
    """A stack that is ready, gone with its data when the block ends; or a reason to skip."""
    require_postgres()
    require_kafka()
    # Not below pytest's own folder, which PostgreSQL's user may not enter.
    place = Path(mkdtemp(prefix="tongban-stack-"))
    place.chmod(0o755)
    stack = Stack(place / "stack", workers=workers, **environment)
    try:
        stack.start()
        yield stack
    finally:
        stack.stop(wipe=True)
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The session's stack, ready."""
    with running() as ready:
        yield ready
