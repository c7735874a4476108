"""A PostgreSQL cluster of its own: made, run in the foreground or beside a test, and stopped.

PostgreSQL refuses to run as root, so root hands the cluster to the system's user `postgres`;
anybody else runs it himself. Who runs it is its administrator by the socket, without a password;
everybody else comes over TCP with one (SCRAM).
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

from deploy.stack.postgres.errors import ClusterFailed
from deploy.stack.postgres.machine import (
    SYSTEM_USER,
    missing,
    not_ours,
    program,
    socket_folder,
    unreachable,
)

ADMINISTRATOR = "postgres"
SMALL_MACHINE: Mapping[str, str] = MappingProxyType(
    {
        "max_connections": "200",
        "shared_buffers": "128MB",
        "work_mem": "4MB",
        "maintenance_work_mem": "64MB",
        "max_wal_size": "512MB",
        "jit": "off",
        "password_encryption": "scram-sha-256",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] %u@%d ",
        "log_lock_waits": "on",
        "log_min_duration_statement": "1s",
        # Parameters may be personal data: never in the log.
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        # A client that vanished without a word is noticed, and its locks end, within a minute.
        "tcp_keepalives_idle": "30",
        "tcp_keepalives_interval": "10",
        "tcp_keepalives_count": "3",
        "client_connection_check_interval": "10s",
    }
)
_SECONDS = 60


class Cluster:
    """One cluster in one folder on one port of the loopback."""

    def __init__(self, folder: Path, port: int, settings: Mapping[str, str] | None = None) -> None:
        """`settings` come on top of those for a small machine."""
        self.folder = folder.absolute()
        self.port = port
        self.data = self.folder / "data"
        self.log = self.folder / "log"
        self.socket = socket_folder(self.folder)
        self._settings = {**SMALL_MACHINE, **(settings or {})}

    @staticmethod
    def missing() -> str | None:
        """Why no cluster can run here and what to install, or None."""
        return missing()

    @property
    def user(self) -> str | None:
        """As whom a process manager has to run the command; None: as itself."""
        return SYSTEM_USER if os.geteuid() == 0 else None

    @property
    def admin_url(self) -> str:
        """The administrator's own way in, by the socket."""
        return (
            f"postgresql://{ADMINISTRATOR}@/postgres"
            f"?host={quote(str(self.socket), safe='')}&port={self.port}"
        )

    def url(self, role: str, password: str, database: str) -> str:
        """How a service reaches its database."""
        who = f"{quote(role, safe='')}:{quote(password, safe='')}"
        return f"postgresql://{who}@127.0.0.1:{self.port}/{database}"

    def prepare(self) -> None:
        """Make the cluster unless it is there, and write its settings anew."""
        for reason in (missing(), unreachable(self.folder), not_ours(self.socket)):
            if reason is not None:
                raise ClusterFailed(reason)
        for folder in (self.folder, self.socket):
            folder.mkdir(mode=0o755, parents=True, exist_ok=True)
            self._hand_over(folder)
        if not self.data.exists():
            self._make()
        self._configure()

    def command(self) -> list[str]:
        """The server in the foreground; SIGINT stops it fast, SIGQUIT at once."""
        return [str(program("postgres", self.data)), "-D", str(self.data)]

    def start(self) -> None:
        """Run it beside this process, until it takes connections."""
        self._run("pg_ctl", "-D", self.data, "-w", "-t", _SECONDS, "-l", self.log, "start")

    def stop(self) -> None:
        """Stop it: what runs is cut off, everything is written."""
        self._run("pg_ctl", "-D", self.data, "-w", "-t", _SECONDS, "-m", "fast", "stop")

    def kill(self) -> None:
        """Stop it as a crash would: the next start recovers from the log."""
        self._run("pg_ctl", "-D", self.data, "-w", "-t", _SECONDS, "-m", "immediate", "stop")

    def ready(self) -> bool:
        """Whether it takes connections now."""
        if not (self.socket / f".s.PGSQL.{self.port}").exists():
            return False
        who = ("-U", ADMINISTRATOR, "-d", "postgres")  # another would stand in the log as refused
        where = ("-h", str(self.socket), "-p", str(self.port), *who, "-t", "3", "-q")
        asked = [str(program("pg_isready", self.data)), *where]
        return subprocess.run(asked, check=False, capture_output=True).returncode == 0

    def _make(self) -> None:
        """Beside its place first: a start that is cut short leaves nothing that looks whole."""
        draft = self.folder / "data.draft"
        shutil.rmtree(draft, ignore_errors=True)
        self._run(
            "initdb",
            *("-D", draft, "-U", ADMINISTRATOR, "-E", "UTF8", "--locale=C.UTF-8"),
            *("--data-checksums", "--auth-local=peer", "--auth-host=scram-sha-256"),
        )
        draft.rename(self.data)

    def _configure(self) -> None:
        """Ours stand in files of their own: postgresql.conf stays as initdb made it."""
        ours = {
            **self._settings,
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.socket),
            "unix_socket_permissions": "0777",  # peer says who it is; no other may be anybody
        }
        lines = [f"{name} = {_quoted(value)}\n" for name, value in ours.items()]
        self._write("postgresql.auto.conf", "".join(lines))
        self._write(
            "pg_hba.conf",
            f"local all {ADMINISTRATOR} peer map=administrators\n"
            f"host all {ADMINISTRATOR} all reject\n"
            # There is nothing for a service in the databases that every cluster has.
            "host postgres,template1 all all reject\n"
            "host all all 127.0.0.1/32 scram-sha-256\n",
        )
        running = {pwd.getpwuid(os.geteuid()).pw_name, self.user or ADMINISTRATOR}
        mapped = [f"administrators {name} {ADMINISTRATOR}\n" for name in sorted(running)]
        self._write("pg_ident.conf", "".join(mapped))

    def _write(self, name: str, content: str) -> None:
        path = self.data / name
        path.write_text(content, "utf-8")
        path.chmod(0o600)
        self._hand_over(path)

    def _hand_over(self, path: Path) -> None:
        if self.user is not None:
            shutil.chown(path, self.user, pwd.getpwnam(self.user).pw_gid)

    def _run(self, name: str, *arguments: object) -> None:
        words = [str(program(name, self.data)), *map(str, arguments)]
        # The server keeps what it inherits: a file, for a pipe would never end.
        with tempfile.TemporaryFile("w+", encoding="utf-8") as told:
            done = subprocess.run(
                words,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=told,
                stderr=subprocess.STDOUT,
                env={**os.environ, "HOME": "/", "LC_ALL": "C.UTF-8"},
                cwd="/",
                user=self.user,
                group=None if self.user is None else pwd.getpwnam(self.user).pw_gid,
                extra_groups=None if self.user is None else [],
            )
            told.seek(0)
            said = told.read().strip()
        if done.returncode != 0:
            raise ClusterFailed(f"{name} 失败 ({name} failed)：{said}\n{self._end_of_log()}")

    def _end_of_log(self) -> str:
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-10:])


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
