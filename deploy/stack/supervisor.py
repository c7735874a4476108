"""supervisord, the process manager: its configuration, and the orders that it takes.

Each service is a `fcgi-program`: supervisord holds the listening socket and hands it to all
processes of the service as file descriptor 0, so that one of them can die without a connection
being refused. A process that dies is started again at once; one that dies within its first seconds
is given more and more time.
"""

import http.client
import json
import os
import shlex
import signal
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.stack.asking import LocalConnection
from deploy.stack.layout import ROOT, Layout
from deploy.stack.programs import Program
from deploy.startup import CannotStart

_YOUNG_SECONDS = 5
_RETRIES = 60  # with growing pauses that is half an hour
_LOG_BYTES = "10MB"
_LOGS_KEPT = 3
_ANSWER_SECONDS = 20


_ALREADY_STARTED = 60
_NOT_RUNNING = 70


class NoAnswer(CannotStart):
    """The process manager is not there, or did not do what it was told."""


@dataclass(frozen=True, slots=True)
class Process:
    """What the process manager says of one process."""

    group: str
    name: str
    state: str
    pid: int
    seconds: int
    said: str

    @property
    def full_name(self) -> str:
        """The name in an order."""
        return f"{self.group}:{self.name}"

    @property
    def running(self) -> bool:
        """Whether there is a process; a young one counts."""
        return self.state in ("RUNNING", "STARTING") and self.pid > 0


class Supervisor:
    """Writes the configuration, starts the process manager and gives it orders."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    @property
    def pid(self) -> int | None:
        """Its process, or None when it does not run."""
        try:
            pid = int(self._layout.pid.read_text("ascii"))
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return None
        return pid if str(self._layout.supervisor).encode() in command else None

    def configure(self, programs: Iterable[Program], begun: Iterable[str]) -> None:
        """Write how each program is started; those in `begun` start with the manager itself."""
        begun = set(begun)
        sections = [self._manager()]
        for program in programs:
            file = self._layout.programs / f"{program.name}.json"
            _write(
                file,
                json.dumps(
                    {"command": program.command, "environment": dict(program.environment)}, indent=1
                ),
            )
            sections.append(self._program(program, begun=program.name in begun))
        _write(self._layout.supervisor, "\n\n".join(sections) + "\n")

    def start(self) -> None:
        """Start it in the background, and wait until it takes orders."""
        command = [sys.executable, "-m", "supervisor.supervisord", "-c"]
        done = subprocess.run(
            [*command, str(self._layout.supervisor)],
            cwd=ROOT,
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        until = time.monotonic() + _ANSWER_SECONDS
        while done.returncode == 0 and time.monotonic() < until:
            with suppress(NoAnswer):
                self.processes()
                return
            time.sleep(0.05)
        said = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise CannotStart(f"supervisord 没有启动 (did not start)：{' '.join(said)}")

    def processes(self) -> list[Process]:
        """Every process, in the order in which they are started."""
        found = self._order("getAllProcessInfo")
        return [
            Process(
                group=one["group"],
                name=one["name"],
                state=one["statename"],
                pid=one["pid"],
                seconds=one["now"] - one["start"] if one["pid"] else 0,
                said=one["spawnerr"] or one["description"],
            )
            for one in found
        ]

    def start_process(self, process: Process) -> None:
        """Start one that stands still; do not wait."""
        self._order("startProcess", process.full_name, False, unless=_ALREADY_STARTED)

    def stop_process(self, process: Process, *, wait: bool = True) -> None:
        """Stop one, in good order."""
        self._order("stopProcess", process.full_name, wait, unless=_NOT_RUNNING)

    def shut_down(self, seconds: float = 60) -> None:
        """Stop whatever runs, and then the manager itself."""
        pid = self.pid
        if pid is None:
            return
        try:
            self._order("shutdown")
        except NoAnswer:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + seconds
        while self.pid is not None:
            if time.monotonic() > until:
                raise CannotStart(f"supervisord ({pid}) 没有停下 (did not stop)")
            time.sleep(0.05)

    def starts(self) -> dict[str, int]:
        """How often each process was started since the manager was."""
        found: dict[str, int] = {}
        with (self._layout.logs / "supervisord.log").open(encoding="utf-8") as log:
            for line in log:
                if "supervisord started with pid" in line:
                    found.clear()
                elif " spawned: '" in line:
                    name = line.split("'")[1]
                    found[name] = found.get(name, 0) + 1
        return found

    def _order(self, name: str, *arguments: object, unless: int | None = None) -> Any:
        """Give an order; the fault `unless` is as good as done."""
        local = _Local(self._layout.control)
        try:
            with xmlrpc.client.ServerProxy("http://stack/RPC2", transport=local) as server:
                return getattr(server.supervisor, name)(*arguments)
        except xmlrpc.client.Fault as fault:
            if fault.faultCode != unless:
                raise NoAnswer(f"supervisord：{name} {arguments}: {fault.faultString}") from None
        except (OSError, http.client.HTTPException, xmlrpc.client.Error) as error:
            raise NoAnswer(f"supervisord 没有应答 (does not answer)：{error}") from None

    def _manager(self) -> str:
        user = f"user={os.geteuid()}\n" if os.geteuid() == 0 else ""
        layout = self._layout
        return (
            "[supervisord]\n"
            f"pidfile={_plain(layout.pid)}\n"
            f"logfile={_plain(layout.logs)}/supervisord.log\n"
            f"logfile_maxbytes={_LOG_BYTES}\nlogfile_backups=1\n"
            f"childlogdir={_plain(layout.logs)}\n{user}\n"
            f"[unix_http_server]\nfile={_plain(layout.control)}\nchmod=0600\n\n"
            f"[supervisorctl]\nserverurl=unix://{_plain(layout.control)}\n\n"
            "[rpcinterface:supervisor]\n"
            "supervisor.rpcinterface_factory="
            "supervisor.rpcinterface:make_main_rpcinterface"
        )

    def _program(self, program: Program, *, begun: bool) -> str:
        kind, name = "program", "%(program_name)s"
        lines: list[str] = []
        if program.processes:
            kind, name = "fcgi-program", "%(program_name)s_%(process_num)d"
            shared = _plain(self._layout.socket(program.name))
            lines = [f"socket=unix://{shared}", "socket_mode=0600", f"numprocs={program.processes}"]
        if program.user:
            lines.append(f"user={program.user}")
        if program.ours:
            launcher = (sys.executable, "-m", "deploy.stack.launch", str(self._layout.folder))
            command = f"{_words(*launcher, program.name)} {name}"
            lines += [f"directory={_plain(ROOT)}", "umask=077"]
        else:
            command = _words(*program.command)
            variables = ",".join(f'{k}="{_plain(v)}"' for k, v in program.environment.items())
            lines += ["directory=/", f"environment={variables}"]
        return "\n".join(
            [
                f"[{kind}:{program.name}]",
                f"command={command}",
                f"process_name={name}",
                *lines,
                f"priority={program.priority}",
                f"autostart={'true' if begun else 'false'}",
                "autorestart=true",
                f"startsecs={_YOUNG_SECONDS}",
                f"startretries={_RETRIES}",
                f"stopsignal={program.stop_signal}",
                f"stopwaitsecs={program.stop_seconds}",
                "redirect_stderr=true",
                f"stdout_logfile={_plain(self._layout.logs)}/{name}.log",
                f"stdout_logfile_maxbytes={_LOG_BYTES}",
                f"stdout_logfile_backups={_LOGS_KEPT}",
            ]
        )


class _Local(xmlrpc.client.Transport):
    """Orders by the Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        """One connection for each order."""
        made = LocalConnection(self._path, seconds=_ANSWER_SECONDS)
        self._connection = (host, made)  # where the base class looks for what it closes
        return made


def _words(*words: str) -> str:
    return _plain(shlex.join(words))


def _plain(value: object) -> str:
    """As the configuration takes it: a percent sign begins an expansion there."""
    return str(value).replace("%", "%%")


def _write(file: Path, content: str) -> None:
    """For the owner only, whole or not at all: there are passwords in it."""
    draft = file.with_name(f".{file.name}.draft")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as written:
        written.write(content)
    draft.replace(file)
