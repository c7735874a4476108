"""What must be right before anything starts, and how a start that cannot be says why."""

import fcntl
import os
import socket
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from shared.service import Runtime

_LONGEST_SOCKET_PATH = 100
_LAST_PORT = 65_535
_LARGE_LOG = 20 * 2**20


class CannotStart(Exception):
    """The message is for the person at the keyboard: what is wrong, and what to do."""


@contextmanager
def claimed(folder: Path) -> Generator[None]:
    """Hold the data folder for this process alone; a second start is told who has it."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (folder / "onebox.lock").open("a+")
    except OSError as error:
        raise CannotStart(
            f"{folder}/ 不能写入：{error.strerror} (cannot be written). "
            "换一个目录：TONGBAN_VAR=/PATH"
        ) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip() or "?"
            raise CannotStart(
                f"已经在运行：进程 {holder} 正在使用 {folder}/ (process {holder} runs there). "
                "先停掉它，或换一个目录：TONGBAN_VAR=/PATH"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def require_room(folder: Path, megabytes: int = 50) -> None:
    """Refuse to start on a disk that is all but full: nothing could be stored safely."""
    room = os.statvfs(folder)
    free = room.f_bavail * room.f_frsize // 2**20
    if free < megabytes:
        raise CannotStart(
            f"{folder.resolve()} 所在磁盘只剩 {free} MB，至少要 {megabytes} MB "
            f"(only {free} MB are free there; at least {megabytes} are needed)"
        )


def require_keys(runtime: Runtime) -> None:
    """Refuse data without the keys that sealed them: new keys would open nothing of it."""
    data = runtime.db.path
    keyring = runtime.settings.keys_folder / f"{runtime.name}.keyring.json"
    if data is not None and data.exists() and data.stat().st_size and not keyring.exists():
        raise CannotStart(
            f"{data} 有数据，却没有密钥 {keyring} (there are data, but not the keys of them). "
            "从备份恢复 keys/，或把数据目录一起移走 (restore keys/ from the backup)"
        )
    _ = runtime.keyring  # made now, before there are data


def rolled(log: Path) -> Path:
    """The log file, begun anew when it has grown large; one older file is kept."""
    if log.exists() and log.stat().st_size > _LARGE_LOG:
        log.replace(log.with_suffix(".log.1"))
    return log


def port_number(text: str) -> int:
    """The port to listen on; anything but 1 to 65535 is told at once."""
    number = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= number <= _LAST_PORT:
        raise CannotStart(f"GATEWAY_PORT={text!r} 不是端口号 1–65535 (is no port number)")
    return number


def listen(host: str, port: int) -> socket.socket:
    """Take the public port now, so that a port in use is told before anything else starts."""
    taken = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, port))
    except OSError as error:
        taken.close()
        raise CannotStart(
            f"端口 {port} 用不了：{error.strerror} (port {port} cannot be used). "
            f"换一个：make run GATEWAY_PORT={port + 1}"
        ) from None
    return taken


def sockets_folder(folder: Path) -> Path:
    """Where the services' sockets lie: a path that is short enough for the kernel."""
    run = folder / "run"
    if len(str(run / "notification.sock")) <= _LONGEST_SOCKET_PATH:
        run.mkdir(mode=0o700, parents=True, exist_ok=True)
        return run
    return Path(tempfile.mkdtemp(prefix="tongban-"))
