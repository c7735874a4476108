"""Commands of services, run as an operator runs them: in a folder, with an environment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from typer.testing import CliRunner


@dataclass(frozen=True, slots=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator of an installation whose data lie in `folder`."""

    folder: Path
    environment: str = "production"
    databases: Mapping[str, str] = field(default_factory=dict)

    @property
    def keys(self) -> Path:
        """Where the keys lie."""
        return self.folder / "keys"

    def database(self, service: str) -> str:
        """The URL of a service's database."""
        return self.databases.get(service, f"sqlite:///{self.folder}/{service}.db")

    def run(self, service: str, *words: str, **variables: str) -> Said:
        """Run `python -m services.<service> …` in this process."""
        given = {
            "TONGBAN_ENVIRONMENT": self.environment,
            "KEYS_FOLDER": str(self.keys),
            "EVENTS_URL": f"sqlite:///{self.folder}/events.db",
            f"{service.upper()}_DATABASE_URL": self.database(service),
        }
        cli: Any = import_module(f"services.{service}.__main__").cli
        done = CliRunner().invoke(cli, list(words), env={**given, **variables})
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Said(done.exit_code, done.stdout, done.stderr)

    def does(self, service: str, *words: str) -> str:
        """Run a command that must succeed; gives what it prints."""
        said = self.run(service, *words)
        assert said.code == 0, said.err
        return said.out

    def refused(self, service: str, *words: str, **variables: str) -> str:
        """Run a command that must not succeed; gives the one line that says why."""
        said = self.run(service, *words, **variables)
        assert said.code == 2, said
        assert said.err.count("\n") == 1, said.err
        return said.err
