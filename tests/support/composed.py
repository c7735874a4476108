"""docker-compose.yml carried out without an engine: each container is a process on the loopback.

Commands, settings, secrets, volumes and the order are the file's; the images are laid out from
deploy/Dockerfile. PostgreSQL, Kafka and the folders of the images lie elsewhere, so their names
are replaced.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from deploy.stack.kafka import free_ports
from deploy.stack.kafka.jars import jars, java
from deploy.stack.postgres import Cluster
from tests.support import compose_file
from tests.support.images import Image
from tests.support.postgres import cluster
from tests.support.sources import ROOT

SERVICES = ("identity", "catalogue", "cases", "exchange", "portal")
_SECONDS = 120


class Composed:
    """One place; `names` says what stands for each name of the file."""

    def __init__(self, folder: Path, postgres: Cluster) -> None:
        self.folder = folder
        self.postgres = postgres
        self.ports = {name: free_ports() for name in (*SERVICES, "gateway", "kafka", "controller")}
        self.base = f"http://localhost:{self.ports['gateway']}"
        self.file = compose_file.read({"PUBLIC_BASE": self.base})
        self.secrets = folder / "secrets"
        self.images = {
            name: Image(name, folder / "images" / name) for name in (*SERVICES, "gateway")
        }
        self._names = {
            **{f"http://{name}:8000": f"http://127.0.0.1:{port}" for name, port in self._http},
            "kafka://kafka:9092": f"kafka://127.0.0.1:{self.ports['kafka']}",
            "@postgres/": f"@127.0.0.1:{postgres.port}/",
            "/run/secrets": str(self.secrets),
        }

    def make_secrets(self) -> None:
        """What the operator runs first; here the database has another address."""
        subprocess.run(["sh", ROOT / "deploy/compose/secrets.sh", self.secrets], check=True)
        for file in self.secrets.iterdir():
            file.chmod(0o600)
            file.write_text(self._here(file.read_text()))

    def provide_databases(self) -> None:
        """The job `databases`."""
        script = ROOT / "deploy/compose/databases.sh"
        assert self._service("databases")["entrypoint"][-1] == "/etc/tongban/databases.sh"
        environment = {
            "PATH": os.environ["PATH"],
            "SECRETS": str(self.secrets),
            "PGHOST": str(self.postgres.socket),
            "PGPORT": str(self.postgres.port),
        }
        done = subprocess.run(
            ["sh", script], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    def start_kafka(self) -> "subprocess.Popen[bytes]":
        """The broker with the file's own settings: its commands are wrappers of these classes."""
        data, properties = self.folder / "kafka", self.folder / "kafka.properties"
        text = (ROOT / "deploy/compose/kafka.properties").read_text()
        for name, here in {
            "/var/lib/kafka/data": str(data),
            "kafka:9092": f"127.0.0.1:{self.ports['kafka']}",
            "://:9092": f"://127.0.0.1:{self.ports['kafka']}",
            "127.0.0.1:9093": f"127.0.0.1:{self.ports['controller']}",
        }.items():
            assert name in text, name
            text = text.replace(name, here)
        properties.write_text(text)
        (command,) = self._service("kafka")["command"]
        _, *words = command.split(" && ")[0].split()
        words = [str(properties) if word.endswith(".properties") else word for word in words]
        run = [java(), "-Xmx320m", "-cp", f"{jars()}/*"]
        logging = f"-Dlog4j2.configurationFile={ROOT}/deploy/stack/kafka/log4j2.properties"
        for _ in range(2):  # each start formats; the second finds it done
            subprocess.run([*run, "kafka.tools.StorageTool", *words], check=True)
        with (self.folder / "kafka.log").open("wb") as log:
            return subprocess.Popen(
                [*run, logging, "kafka.Kafka", str(properties)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def run_job(self, job: str) -> str:
        """A container that ends by itself; gives what it printed."""
        image = self.images[self._image(job)]
        (script,) = self._service(job)["command"]
        script = self._here(script).replace("/app/start", str(image.app / "start"))
        script = script.replace("/keys/", f"{self.folder}/keys/")
        done = subprocess.run(
            [*self._service(job)["entrypoint"], script],
            cwd=image.app,
            env=self._environment(job),
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{job}: {done.stderr}"
        return done.stdout

    def start(self, service: str) -> "subprocess.Popen[bytes]":
        """A container that serves, as its image does without a command."""
        image = self.images[service]
        port = self.ports[service]
        with (self.folder / f"{service}.log").open("wb") as log:
            return subprocess.Popen(
                [*image.entrypoint, *image.command(port)],
                cwd=image.app,
                env={**self._environment(service), "GATEWAY_PORT": str(port)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def wait_healthy(self, services: Mapping[str, "subprocess.Popen[bytes]"]) -> None:
        """Until each says so by its health check."""
        until = time.monotonic() + _SECONDS
        for name, process in services.items():
            while not self.images[name].healthy(self.ports[name]):
                log = (self.folder / f"{name}.log").read_text("utf-8", "replace")
                assert process.poll() is None, f"{name}: {log}"
                assert time.monotonic() < until, f"{name}: {log}"
                time.sleep(0.2)

    @property
    def _http(self) -> list[tuple[str, int]]:
        return [(name, self.ports[name]) for name in (*SERVICES, "gateway")]

    def _service(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.file["services"][name]
        return found

    def _image(self, name: str) -> str:
        return str(self._service(name)["image"]).removeprefix("tongban/").partition(":")[0]

    def _environment(self, name: str) -> dict[str, str]:
        """The container's settings; its keys are the volume's."""
        given = {
            key: self._here(value) for key, value in self._service(name)["environment"].items()
        }
        keys = self.folder / "keys" / self._image(name)
        keys.mkdir(parents=True, mode=0o700, exist_ok=True)
        image = self.images[self._image(name)]
        # No collector is there, and nobody else shall reach us.
        given.pop("OTEL_EXPORTER_OTLP_ENDPOINT", None)
        return {
            **image.packages,
            **given,
            "KEYS_FOLDER": str(keys),
            "GATEWAY_HOST": "127.0.0.1",
        }

    def _here(self, text: str) -> str:
        for name, here in self._names.items():
            text = text.replace(name, here)
        return text


@contextmanager
def composed(folder: Path) -> Iterator[Composed]:
    """The whole file brought up in its order, and ended."""
    with ExitStack() as ending:
        place = Composed(folder, ending.enter_context(cluster()))
        place.make_secrets()
        place.provide_databases()
        place.provide_databases()  # each start does it again
        ending.callback(_end, place.start_kafka())
        for name in SERVICES:
            place.run_job(f"{name}-setup")
        place.run_job("clients")
        running = {}
        for name in (*SERVICES, "gateway"):
            running[name] = place.start(name)
            ending.callback(_end, running[name])
        place.wait_healthy(running)
        yield place


def missing() -> str | None:
    """Why it cannot be done here, or None."""
    if shutil.which("psql") is None:
        return "psql is not installed: `apt-get install postgresql` brings it"
    return Cluster.missing()


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(30)
    if process.poll() is None:
        process.kill()
        process.wait()


def asked(base: str, path: str, token: str | None = None) -> httpx.Response:
    """One GET through the gateway."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.get(base + path, headers=headers, timeout=30)
