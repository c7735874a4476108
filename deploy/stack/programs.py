"""The stack's programs: what runs, in how many processes, with which environment."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from deploy.stack.kafka import Broker
from deploy.stack.layout import ROOT, Layout
from deploy.stack.postgres import Cluster, Passwords, Place
from deploy.stack.settings import StackSettings, parse_workers
from deploy.startup import CannotStart

SYNONYMS = ROOT / "deploy/demo/synonyms.json"
# The traces service is for machines without a database of their own for traces: SQLite always.
_ON_SQLITE = frozenset({"traces"})
_PATIENT, _PROMPT = 30, 15


@dataclass(frozen=True, slots=True)
class Program:
    """One program under the process manager."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    processes: int = 0  # of one that serves on a shared socket; 0: a single process without one
    priority: int = 100
    user: str | None = None
    stop_signal: str = "TERM"
    stop_seconds: int = _PROMPT
    ours: bool = True  # started by our launcher; else run as it is

    @property
    def process_names(self) -> list[str]:
        """The names of its processes."""
        if not self.processes:
            return [self.name]
        return [f"{self.name}_{number}" for number in range(self.processes)]


class Stack:
    """Everything that the settings lead to."""

    def __init__(self, settings: StackSettings) -> None:
        self.settings = settings
        self.layout = Layout.at(settings.folder)
        self.services = services()
        self.workers = self._workers()

    @classmethod
    def as_started(cls, settings: StackSettings) -> "Stack":
        """The stack in this folder with the ports and processes that it was started with."""
        return cls(settings.as_kept(Layout.at(settings.folder).settings))

    @cached_property
    def cluster(self) -> Cluster:
        """The PostgreSQL cluster."""
        return Cluster(self.layout.postgres, self.settings.postgres_port)

    @cached_property
    def broker(self) -> Broker:
        """The Kafka broker."""
        return Broker(self.layout.kafka, self.settings.kafka_port)

    @cached_property
    def passwords(self) -> Passwords:
        """The passwords of the databases' roles, made at the first start."""
        roles = [role for name in self.databases for role in Place(name).roles]
        return Passwords.keep(self.layout.passwords, roles)

    @property
    def databases(self) -> list[str]:
        """The services that have a database in the cluster."""
        return [name for name in self.services if name not in _ON_SQLITE]

    @property
    def foundation(self) -> list[Program]:
        """What the services stand on."""
        postgres = Program(
            "postgres",
            tuple(self.cluster.command()),
            {"LC_ALL": "C.UTF-8"},
            priority=10,
            user=self.cluster.user,
            stop_signal="INT",
            stop_seconds=_PATIENT,
            ours=False,
        )
        kafka = Program("kafka", tuple(self.broker.command()), priority=10, stop_seconds=_PATIENT)
        return [postgres, kafka]

    @property
    def programs(self) -> list[Program]:
        """Everything, in the order in which it is started."""
        department = Program(
            "department",
            self._python("deploy.demo.department", "--uds", str(self.layout.socket("department"))),
            {
                "KEYS_FOLDER": str(self.layout.keys),
                "DEMO_DEPARTMENT_DOWN_FILE": str(self.layout.folder / "department.down"),
            },
            priority=20,
        )
        gateway = Program("gateway", self._python("gateway"), self._gateway(), priority=200)
        served = [self._service(name) for name in self.services]
        return [*self.foundation, department, *served, gateway]

    def preparing(self) -> dict[str, str]:
        """The environment in which keys, schemas and the demo are made, by the schemas' owners."""
        found = {
            **self._common(),
            "TONGBAN_ENVIRONMENT": "onebox",
            "DEPARTMENT_URL": self._unix("department"),
            "CATALOGUE_SYNONYMS_FILE": str(SYNONYMS),
        }
        for name in self.services:
            found[f"{name.upper()}_DATABASE_URL"] = self._database(name, owner=True)
        return found

    def _workers(self) -> dict[str, int]:
        asked = parse_workers(self.settings.workers)
        for name, count in asked.items():
            if name not in self.services:
                known = " ".join(self.services)
                raise CannotStart(f"STACK_WORKERS：没有服务 {name} (no such service)：{known}")
            if count > 1 and name in _ON_SQLITE:
                raise CannotStart(f"STACK_WORKERS：{name} 只能有一个进程 (has one process only)")
        return {name: asked.get(name, 1) for name in self.services}

    def _service(self, name: str) -> Program:
        own = str(self.layout.run / f"{name}_{{number}}.sock")
        return Program(
            name,
            self._python(f"services.{name}", "serve", "--fd", "0", "--uds", own),
            {
                **self._common(),
                f"{name.upper()}_DATABASE_URL": self._database(name),
                **_EXTRA.get(name, {}),
                **self._messages(name),
            },
            processes=self.workers[name],
        )

    def _messages(self, name: str) -> dict[str, str]:
        """On a machine for trying out, SMS lie in a file and the demo's register knows people."""
        if name != "identity":
            return {}
        return {
            "IDENTITY_MESSAGES_URL": f"file:{self.layout.folder}/messages.jsonl",
            "IDENTITY_REGISTER_URL": self._unix("department"),
            "IDENTITY_REGISTER_KEY_FILE": f"{self.layout.keys}/connectors/demo-department.key",
        }

    def _gateway(self) -> dict[str, str]:
        return {
            **self._common(),
            "GATEWAY_HOST": self.settings.gateway_host,
            "GATEWAY_PORT": str(self.settings.gateway_port),
        }

    def _common(self) -> dict[str, str]:
        found = {
            "TONGBAN_ENVIRONMENT": "production",
            "PUBLIC_BASE": self.settings.base,
            "EVENTS_URL": f"kafka://{self.broker.bootstrap}",
            "KEYS_FOLDER": str(self.layout.keys),
            "GATEWAY_URL": f"http://127.0.0.1:{self.settings.gateway_port}",
        }
        for name in self.services:
            found[f"{name.upper()}_URL"] = self._unix(name)
        if "traces" in self.services and "OTEL_EXPORTER_OTLP_ENDPOINT" not in os.environ:
            found["OTEL_EXPORTER_OTLP_ENDPOINT"] = self._unix("traces")
        return found

    def _database(self, service: str, *, owner: bool = False) -> str:
        if service in _ON_SQLITE:
            return f"sqlite:///{self.layout.folder}/{service}.db"
        place = Place(service)
        role = place.owner if owner else place.runtime
        return self.cluster.url(role, self.passwords[role], place.database)

    def _unix(self, name: str) -> str:
        return f"unix:{self.layout.socket(name)}"

    @staticmethod
    def _python(module: str, *words: str) -> tuple[str, ...]:
        return (sys.executable, "-m", module, *words)


# Accounts with printed passwords, and clients that come back to a loopback address without TLS,
# are for trying out: identity alone has to allow them.
_EXTRA: dict[str, dict[str, str]] = {
    "identity": {"TONGBAN_ENVIRONMENT": "onebox"},
    "catalogue": {"CATALOGUE_SYNONYMS_FILE": str(SYNONYMS)},
    # A receiver of webhooks may be tried on this machine.
    "exchange": {"EXCHANGE_WEBHOOK_NETWORKS": '["127.0.0.0/8"]', "EXCHANGE_WEBHOOK_HTTP": "true"},
}


def services() -> list[str]:
    """Every service that there is."""
    return sorted(app.parent.name for app in Path(ROOT, "services").glob("*/app.py"))
