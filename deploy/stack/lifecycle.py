"""Starting the stack until all of it is healthy, and stopping it until nothing of it is left."""

import asyncio
import fcntl
import os
import shutil
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from deploy.stack import health, kafka
from deploy.stack.layout import ROOT
from deploy.stack.postgres import provision
from deploy.stack.programs import Program, Stack
from deploy.stack.status import settled
from deploy.stack.supervisor import NoAnswer, Process, Supervisor
from deploy.startup import CannotStart, require_room

Say = Callable[[str], None]

_MEGABYTES = 500
_FOUNDATION_SECONDS = 120
_SERVICES_SECONDS = 240
_EVENTS_SECONDS = 90
_EVENTS_LOOK_SECONDS = 0.5
_LOOK_SECONDS = 0.1
_STOP_SECONDS = 30
_LAST_LINES = 3


def up(stack: Stack, say: Say) -> None:
    """Start what does not run yet, and wait until all of it is ready."""
    with _claimed(stack):
        supervisor = Supervisor(stack.layout)
        if supervisor.pid is not None:
            if stack.settings != stack.settings.as_kept(stack.layout.settings):
                raise CannotStart(
                    "正以别的设置运行：先 make stack-down (runs with other settings: stop it first)"
                )
            say("已经在运行 (runs already)")
        else:
            _lay_the_foundation(stack, supervisor, say)
        try:
            _start_all(stack, supervisor, say)
        except BaseException:
            _stop(stack, supervisor)
            raise


def down(stack: Stack, *, wipe: bool = False) -> bool:
    """Stop everything; with `wipe` remove the data too. False when nothing ran."""
    if not stack.layout.settings.exists():  # no stack was ever here: nothing of this is ours
        return False
    with _claimed(stack):
        ran = _stop(stack, Supervisor(stack.layout))
        if wipe:
            for folder in {stack.layout.postgres, stack.layout.run, stack.layout.folder}:
                shutil.rmtree(folder, ignore_errors=True)
        return ran


def restart(stack: Stack, name: str) -> list[str]:
    """Stop and start a service, or one process; gives the names of those restarted."""
    supervisor = Supervisor(stack.layout)
    if supervisor.pid is None:
        raise CannotStart("没有在运行：make stack (does not run)")
    asked = [one for one in supervisor.processes() if name in (one.name, one.group)]
    if not asked:
        known = " ".join(sorted({one.group for one in supervisor.processes()}))
        raise CannotStart(f"没有 {name} (there is no {name})：{known}")
    programs = {program.name: program for program in stack.programs}
    for process in asked:  # one after the other: its siblings go on meanwhile
        if process.running:
            supervisor.stop_process(process)
        supervisor.start_process(process)
        _wait(stack, supervisor, [programs[process.group]], _SERVICES_SECONDS)
    return [one.name for one in asked]


def _lay_the_foundation(stack: Stack, supervisor: Supervisor, say: Say) -> None:
    """PostgreSQL and Kafka with all that the services need in them, and the process manager."""
    _require_what_is_needed(stack)
    for folder in (stack.layout.logs, stack.layout.run, stack.layout.programs):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _require_own(stack.layout.run)
    stack.layout.environment.mkdir(mode=0o700, exist_ok=True)
    stack.settings.keep(stack.layout.settings)
    say("PostgreSQL、Kafka …")
    kafka.jars()
    with ThreadPoolExecutor() as pool:
        for made in [pool.submit(stack.cluster.prepare), pool.submit(stack.broker.prepare)]:
            made.result()
    supervisor.configure(stack.programs, [program.name for program in stack.foundation])
    try:
        supervisor.start()
        _wait(stack, supervisor, stack.foundation[:1], _FOUNDATION_SECONDS)
        say("密钥、数据库、演示数据 (keys, databases, the demo) …")
        known = stack.passwords
        asyncio.run(provision(stack.cluster.admin_url, stack.databases, known))
        _prepare(stack)
        _wait(stack, supervisor, stack.foundation, _FOUNDATION_SECONDS)
    except BaseException:
        _stop(stack, supervisor)
        raise


def _require_what_is_needed(stack: Stack) -> None:
    for reason in (stack.cluster.missing(), kafka.missing()):
        if reason is not None:
            raise CannotStart(reason)
    require_room(stack.layout.folder, _MEGABYTES)
    if stack.cluster.ready():  # the process manager was killed; the cluster outlived it
        stack.cluster.stop()
    settings = stack.settings
    _require_port(settings.gateway_host, settings.gateway_port, "GATEWAY_PORT")
    _require_port("127.0.0.1", settings.postgres_port, "STACK_POSTGRES_PORT")
    for port in stack.broker.ports:
        _require_port("127.0.0.1", port, "STACK_KAFKA_PORT")


def _require_own(folder: Path) -> None:
    """Sockets may lie where others write too: no folder that another has put there is used."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise CannotStart(f"{folder} 不是我们的文件夹 (is not a folder of ours alone)")


def _require_port(host: str, port: int, variable: str) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotStart(
                f"{host}:{port} 用不了：{error.strerror} (cannot be used). "
                f"换一个：make stack {variable}={port + 10}"
            ) from None


def _prepare(stack: Stack) -> None:
    log = stack.layout.log("prepare")
    with log.open("ab") as written:
        done = subprocess.run(
            [sys.executable, "-m", "deploy.stack.prepare", str(stack.layout.demo)],
            cwd=ROOT,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
            env={**os.environ, **stack.preparing()},
        )
    if done.returncode:
        raise CannotStart(f"准备没有完成 (the preparing step failed)：{_end(log)}")


def _start_all(stack: Stack, supervisor: Supervisor, say: Say) -> None:
    say("各服务 (the services) …")
    for process in supervisor.processes():
        if process.state not in ("RUNNING", "STARTING"):
            supervisor.start_process(process)
    _wait(stack, supervisor, stack.programs, _SERVICES_SECONDS)
    until = time.monotonic() + _SERVICES_SECONDS
    while set(health.upstreams(stack).values()) != {"ready"}:
        if time.monotonic() > until:
            raise CannotStart(f"网关 (the gateway)：{health.upstreams(stack)}")
        time.sleep(_LOOK_SECONDS)
    _let_events_through(stack, say)


def _let_events_through(stack: Stack, say: Say) -> None:
    """The first start's own events first: who then acts does not wait behind them."""
    until = time.monotonic() + _EVENTS_SECONDS
    while not settled(stack):
        if time.monotonic() > until:
            say("还有事件在路上 (events are still on their way): make stack-status")
            return
        time.sleep(_EVENTS_LOOK_SECONDS)


def _wait(
    stack: Stack, supervisor: Supervisor, programs: Iterable[Program], seconds: float
) -> None:
    """Wait until each process of these is ready, or tell of the first that will not be."""
    waiting = {(p.name, process): p for p in programs for process in p.process_names}
    until = time.monotonic() + seconds
    while waiting:
        states = {(one.group, one.name): one for one in supervisor.processes()}
        for which, program in list(waiting.items()):
            _require_hope(stack, states[which], late=time.monotonic() > until)
            if states[which].running and health.ready(stack, program, which[1]):
                del waiting[which]
        time.sleep(_LOOK_SECONDS)


def _require_hope(stack: Stack, process: Process, *, late: bool) -> None:
    if not late and process.state not in ("FATAL", "BACKOFF"):
        return
    log = stack.layout.log(process.name)
    raise CannotStart(f"{process.name} 没有就绪 (is not ready)：{process.said}；{log}：{_end(log)}")


def _stop(stack: Stack, supervisor: Supervisor) -> bool:
    """Door first, then the services at once, then what they stand on."""
    ran = supervisor.pid is not None
    if ran:
        _stop_services(supervisor)
        supervisor.shut_down()
    if stack.cluster.ready():
        stack.cluster.stop()
        ran = True
    return ran


def _stop_services(supervisor: Supervisor) -> None:
    try:
        processes = [one for one in supervisor.processes() if one.running]
        for process in processes:
            if process.name == "gateway":
                supervisor.stop_process(process)
        for process in processes:
            if process.name not in ("gateway", "postgres", "kafka"):
                supervisor.stop_process(process, wait=False)
        until = time.monotonic() + _STOP_SECONDS
        while time.monotonic() < until and any(
            one.pid and one.name not in ("postgres", "kafka") for one in supervisor.processes()
        ):
            time.sleep(_LOOK_SECONDS)
    except NoAnswer:
        return  # it takes no orders any more; it is ended by a signal


@contextmanager
def _claimed(stack: Stack) -> Generator[None]:
    """Nobody else starts or stops this stack meanwhile."""
    folder = stack.layout.folder
    try:
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        lock = stack.layout.lock.open("a")
    except OSError as error:
        raise CannotStart(
            f"{folder}/ 不能写入：{error.strerror} (cannot be written). 换一个：STACK_VAR=/PATH"
        ) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(
                f"另一个命令正在启动或停止 {folder}/ (another command starts or stops it)"
            ) from None
        yield


def _end(log: Path) -> str:
    if not log.exists():
        return ""
    return " ".join(log.read_text("utf-8", "replace").splitlines()[-_LAST_LINES:])
