"""One broker that is its own controller, with its data in a folder."""

import base64
import os
import subprocess
import time
from pathlib import Path

from deploy.stack.kafka.jars import jars, java
from deploy.stack.kafka.listeners import Secured, listeners
from deploy.stack.kafka.ports import free_ports

_HERE = Path(__file__).parent
_START_SECONDS = 60
_STOP_SECONDS = 30
_FLAGS = (
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:CICompilerCount=1",
    "-XX:MaxMetaspaceSize=160m",
    "-XX:ReservedCodeCacheSize=64m",
    "-XX:+ExitOnOutOfMemoryError",
    "-Xss512k",
    "-Djava.awt.headless=true",
    f"-Dlog4j2.configurationFile={_HERE}/log4j2.properties",
)
# A small broker: one node, so one replica of everything; few threads and small buffers.
_SMALL = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "auto.create.topics.enable": "false",
    "default.replication.factor": "1",
    "min.insync.replicas": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "3",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "3",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "group.initial.rebalance.delay.ms": "0",
    # Who tries what happens when a consumer dies need not wait for six seconds each time.
    "group.min.session.timeout.ms": "1000",
    # After a kill -9 it is let back in when its old session has ended (9 s as it comes).
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "1000",
    "num.network.threads": "1",
    "num.io.threads": "2",
    "background.threads": "2",
    "num.recovery.threads.per.data.dir": "1",
    "log.cleaner.dedupe.buffer.size": "8388608",
    "log.segment.bytes": "16777216",
    "log.index.size.max.bytes": "1048576",
    "metadata.log.segment.bytes": "8388608",
}


class BrokerDied(Exception):
    """The broker ended, or did not answer in time; the message ends with what it wrote."""


class Broker:
    """Starts, stops and kills the broker; what it stored in `folder` is there the next time.

    `port` 0 finds free ones; the controller takes the next, a secured listener the one after. A
    crash loses nothing that was acknowledged; a power cut may, since Kafka leaves the disk to the
    operating system and counts on its replicas, of which there are none here.
    """

    def __init__(
        self, folder: Path, port: int = 0, *, secured: Secured | None = None, heap: str = "320m"
    ) -> None:
        self.folder = folder.resolve()
        self.log = self.folder / "kafka.log"
        self._port = port or free_ports(3)
        self._controller = self._port + 1
        self._secured_port = self._port + 2 if secured else None
        self._secured = secured
        self._heap = heap
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        """HOST:PORT for clients without TLS."""
        return f"127.0.0.1:{self._port}"

    @property
    def secured_bootstrap(self) -> str:
        """HOST:PORT for clients with TLS and a login."""
        return f"127.0.0.1:{self._secured_port}"

    @property
    def ports(self) -> tuple[int, ...]:
        """Every port that it takes."""
        taken = (self._port, self._controller, self._secured_port)
        return tuple(port for port in taken if port is not None)

    @property
    def pid(self) -> int:
        """The process that was started last."""
        assert self._process is not None  # noqa: S101
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether its process is there."""
        return self._process is not None and self._process.poll() is None

    def prepare(self) -> None:
        """Write its settings, and format the folder for its data if there are none yet."""
        data = self.folder / "data"
        settings = {
            **_SMALL,
            **listeners(self._port, self._controller, self._secured_port),
            **(self._secured.properties() if self._secured else {}),
            "log.dirs": str(data),
        }
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._settings.touch(mode=0o600)
        self._settings.write_text("".join(f"{key}={is_}\n" for key, is_ in settings.items()))
        if (data / "meta.properties").exists():
            return
        users = self._secured.at_format() if self._secured else []
        tool = self._java("-Xmx96m", "kafka.tools.StorageTool", "format", "-c", str(self._settings))
        done = subprocess.run(
            [*tool, "-t", _cluster_id(), *users], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise BrokerDied(f"{data} could not be formatted: {done.stdout}{done.stderr}")

    def command(self) -> list[str]:
        """The command line that runs it in the foreground, once it is prepared."""
        return self._java(f"-Xmx{self._heap}", "kafka.Kafka", str(self._settings))

    def start(self) -> None:
        """Start it, and wait until it takes requests."""
        self.prepare()
        with self.log.open("ab") as log:
            begin = log.tell()
            self._process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until:
            said = self._said(begin)
            if "Kafka Server started" in said:
                return
            if not self.running:
                raise BrokerDied(f"Kafka ended at its start:\n{said[-2000:]}")
            time.sleep(0.1)
        self.kill()
        raise BrokerDied(f"Kafka was not ready in {_START_SECONDS} s:\n{self._said(begin)[-2000:]}")

    def stop(self) -> None:
        """Ask it to end in good order, and wait for that; end it by force if it will not."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """kill -9: it writes nothing more."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    @property
    def _settings(self) -> Path:
        return self.folder / "server.properties"

    def _java(self, memory: str, *words: str) -> list[str]:
        return [java(), memory, *_FLAGS, "-cp", f"{jars()}/*", *words]

    def _said(self, begin: int) -> str:
        with self.log.open("rb") as log:
            log.seek(begin)
            return log.read().decode(errors="replace")


def _cluster_id() -> str:
    """Sixteen random bytes as Kafka writes them; the tool would take a leading dash for a flag."""
    return base64.urlsafe_b64encode(b"\0" + os.urandom(15)).decode().rstrip("=")
