"""The whole stack in one view: processes, health, what waits and what failed."""

import json
import math
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from deploy.stack import health
from deploy.stack.asking import ask
from deploy.stack.programs import Stack
from deploy.stack.supervisor import Process, Supervisor

_SAMPLE = re.compile(
    r'^(?P<name>\w+)(?:\{(?:.*?group="(?P<group>[^"]*)")?[^}]*\})? (?P<value>\S+)$'
)
_SHOWN = {
    "consumer_lag": "lag",
    "consumer_dead_letters": "dead",
    "outbox_waiting": "waiting",
    "outbox_refused": "refused",
}
_KILOBYTES = 1024
_PARENT, _BEGAN = 1, 19  # of the fields after the name in /proc/PID/stat


@dataclass(frozen=True, slots=True)
class Row:
    """One process."""

    name: str
    state: str
    pid: int
    seconds: int
    restarts: int
    megabytes: int
    ready: bool


@dataclass(frozen=True, slots=True)
class Status:
    """What the stack looks like now."""

    base: str
    rows: list[Row]
    upstreams: dict[str, str]
    lag: dict[str, float]  # events on the bus that a group has not taken yet
    dead: dict[str, float]  # dead letters of a group
    waiting: dict[str, float]  # events of a service not yet on the bus
    refused: dict[str, float]  # events of a service that the bus refused

    @property
    def healthy(self) -> bool:
        """Whether every process is ready, and the gateway reaches every service."""
        return all(row.ready for row in self.rows) and set(self.upstreams.values()) == {"ready"}

    @property
    def megabytes(self) -> int:
        """The memory of all; what processes share is counted once."""
        return sum(row.megabytes for row in self.rows)

    def json(self) -> str:
        """For a program to read."""
        found = asdict(self) | {"healthy": self.healthy, "megabytes": self.megabytes}
        return json.dumps(found, ensure_ascii=False)

    def __str__(self) -> str:
        lines = [f"{'':<14}{'state':<10}{'pid':>8}{'up':>12}{'restarts':>10}{'MB':>7}  health"]
        lines += [
            f"{row.name:<14}{row.state.lower():<10}{row.pid or '':>8}{_period(row.seconds):>12}"
            f"{row.restarts:>10}{row.megabytes:>7}  {'ready' if row.ready else '未就绪 NOT READY'}"
            for row in self.rows
        ]
        lines += [f"{'':<54}{self.megabytes:>7}", ""]
        behind = " ".join(f"{name}={state}" for name, state in self.upstreams.items())
        lines += [
            f"网关 gateway    {self.base}  {behind or 'no answer'}",
            f"未发出 outbox    {_counts(self.waiting)}",
            f"总线拒收 refused  {_counts(self.refused)}",
            f"未处理 lag       {_counts(self.lag)}",
            f"死信 dead        {_counts(self.dead)}",
            "",
            "全部正常 (all is well)" if self.healthy else "有进程未就绪 (not all is ready)",
        ]
        return "\n".join(lines)


def look(stack: Stack) -> Status | None:
    """Look at everything once; None when the stack does not run."""
    supervisor = Supervisor(stack.layout)
    if supervisor.pid is None:
        return None
    starts, memory = supervisor.starts(), Memory()
    programs = {program.name: program for program in stack.programs}
    rows = [_manager_row(supervisor.pid, memory)]
    readings: dict[str, dict[str, float]] = {shown: {} for shown in _SHOWN.values()}
    for process in supervisor.processes():
        ready = process.running and health.ready(stack, programs[process.group], process.name)
        rows.append(_row(process, starts.get(process.name, 0), memory, ready=ready))
        if ready and programs[process.group].processes:
            _read(stack, process, readings)
    return Status(stack.settings.base, rows, health.upstreams(stack), **readings)


def settled(stack: Stack) -> bool:
    """Whether no event waits to be sent, or to be taken by a consumer that wants it."""
    served = {program.name for program in stack.programs if program.processes}
    return all(
        value == 0  # NaN, which is not known yet, is not zero
        for process in Supervisor(stack.layout).processes()
        if process.group in served
        for name, _, value in _metrics(stack, process)
        if name in ("consumer_lag", "outbox_waiting")
    )


def _manager_row(pid: int, memory: "Memory") -> Row:
    return Row("supervisord", "RUNNING", pid, _age(pid), 0, memory.of(pid), ready=True)


def _age(pid: int) -> int:
    """Seconds since the process began."""
    began = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[_BEGAN])
    now = float(Path("/proc/uptime").read_text().split()[0])
    return int(now - began / os.sysconf("SC_CLK_TCK"))


def _row(process: Process, starts: int, memory: "Memory", *, ready: bool) -> Row:
    return Row(
        name=process.name,
        state=process.state,
        pid=process.pid,
        seconds=process.seconds,
        restarts=max(0, starts - 1),
        megabytes=memory.of(process.pid, with_children=True) if process.pid else 0,
        ready=ready,
    )


def _read(stack: Stack, process: Process, readings: dict[str, dict[str, float]]) -> None:
    """Take over what one process says of outbox and consumers; all of a service say the same."""
    for name, group, value in _metrics(stack, process):
        if name in _SHOWN and not math.isnan(value):
            found = readings[_SHOWN[name]]
            whose = group or process.group
            found[whose] = max(value, found.get(whose, 0))


def _metrics(stack: Stack, process: Process) -> Iterator[tuple[str, str | None, float]]:
    _, text = ask(stack.layout.socket(process.name), "/metrics")
    return samples(text.decode().splitlines())


def samples(lines: Iterable[str]) -> Iterator[tuple[str, str | None, float]]:
    """Name, group and value of each line of Prometheus' text."""
    for line in lines:
        if found := _SAMPLE.match(line):
            yield found["name"], found["group"], float(found["value"])


class Memory:
    """Memory of processes with their children, as the kernel shares it out (PSS)."""

    def __init__(self) -> None:
        self._children: dict[int, list[int]] = {}
        for place in Path("/proc").glob("[0-9]*"):
            try:
                parent = int((place / "stat").read_text().rpartition(")")[2].split()[_PARENT])
            except OSError:
                continue  # it ended just now
            self._children.setdefault(parent, []).append(int(place.name))

    def of(self, pid: int, *, with_children: bool = False) -> int:
        """Megabytes."""
        below = self._children.get(pid, []) if with_children else []
        return _own_kilobytes(pid) // _KILOBYTES + sum(
            self.of(child, with_children=True) for child in below
        )


def _own_kilobytes(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")
    except OSError:
        return 0  # it ended just now, or is another user's
    found = re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE)
    return int(found.group(1)) if found else 0


def _period(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}"


def _counts(found: dict[str, float]) -> str:
    return "  ".join(f"{name} {value:.0f}" for name, value in sorted(found.items())) or "–"
