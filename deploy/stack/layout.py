"""Where everything of a stack lies: one folder, and what must be elsewhere."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from deploy.stack.postgres import reachable

ROOT = Path(__file__).parents[2]
_LONGEST_SOCKET = 90
_LONGEST_NAME = "notification_99.sock"


@dataclass(frozen=True, slots=True)
class Layout:
    """The places of one stack; `folder` is absolute."""

    folder: Path

    @classmethod
    def at(cls, folder: Path) -> "Layout":
        """The stack whose data lie in `folder`."""
        return cls(folder.absolute())

    @property
    def logs(self) -> Path:
        """The logs of all processes."""
        return self.folder / "log"

    @property
    def keys(self) -> Path:
        """The services' keys."""
        return self.folder / "keys"

    @property
    def environment(self) -> Path:
        """Variables for one service alone, as an operator puts them there."""
        return self.folder / "environment"

    @property
    def programs(self) -> Path:
        """How each process is started; with passwords, hence for the owner only."""
        return self.folder / "programs"

    @property
    def kafka(self) -> Path:
        """The broker's data."""
        return self.folder / "kafka"

    @property
    def postgres(self) -> Path:
        """The cluster's data; where PostgreSQL's user cannot get to the folder, elsewhere."""
        return reachable(self.folder / "postgres")

    @property
    def passwords(self) -> Path:
        """The passwords of the databases' roles."""
        return self.folder / "postgres.passwords.json"

    @property
    def demo(self) -> Path:
        """The demo's accounts."""
        return self.folder / "demo.json"

    @property
    def run(self) -> Path:
        """The sockets; beside the data, or in a short place where that would be too long."""
        beside = self.folder / "run"
        if len(str(beside / _LONGEST_NAME)) <= _LONGEST_SOCKET:
            return beside
        digest = hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"tongban-{os.geteuid()}-{digest}"

    @property
    def supervisor(self) -> Path:
        """The process manager's configuration."""
        return self.folder / "supervisord.conf"

    @property
    def pid(self) -> Path:
        """The process manager's pid."""
        return self.folder / "supervisord.pid"

    @property
    def control(self) -> Path:
        """The socket on which the process manager takes orders."""
        return self.run / "supervisor.sock"

    @property
    def settings(self) -> Path:
        """What it was started with."""
        return self.folder / "settings.json"

    @property
    def lock(self) -> Path:
        """Held by who starts or stops the stack."""
        return self.folder / "stack.lock"

    def socket(self, name: str) -> Path:
        """Where a service, or one process of it, listens."""
        return self.run / f"{name}.sock"

    def log(self, process: str) -> Path:
        """What one process writes."""
        return self.logs / f"{process}.log"
