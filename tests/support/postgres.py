"""A real PostgreSQL for the tests: a cluster of its own in a temporary folder, as its own user."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

MISSING = (
    "PostgreSQL is not installed: `apt-get install postgresql` brings it, or set TEST_POSTGRES_URL"
)


def find_programs() -> Path | None:
    """The folder of the newest installed `postgres`, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=_version)
    if found:
        return found[-1].parent
    on_path = shutil.which("postgres")
    return Path(on_path).parent if on_path else None


@contextlib.contextmanager
def cluster(programs: Path) -> Iterator[str]:
    """Run a cluster until the block ends; give the URL of its server without a database name.

    PostgreSQL refuses to run as root, so root hands it to the user `postgres`.
    """
    folder = Path(mkdtemp(prefix="tongban-pg-"))
    user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    if os.geteuid() == 0:
        shutil.chown(folder, user)
    port = _free_port()
    data = folder / "data"
    _run(
        user,
        programs / "initdb",
        "-D",
        data,
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
    )
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c max_connections=200"
    _run(user, programs / "pg_ctl", "-D", data, "-o", options, "-w", "-l", folder / "log", "start")
    try:
        yield f"postgresql://postgres@127.0.0.1:{port}"
    finally:
        _run(user, programs / "pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def _run(user: str, *command: object) -> None:
    words = [str(word) for word in command]
    environment = {**os.environ, "HOME": "/", "LC_ALL": "C.UTF-8"}
    someone = user if os.geteuid() == 0 else None
    subprocess.run(
        words, check=True, stdout=subprocess.DEVNULL, env=environment, cwd="/", user=someone
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _version(path: Path) -> int:
    return int(path.parts[-3]) if path.parts[-3].isdigit() else 0
