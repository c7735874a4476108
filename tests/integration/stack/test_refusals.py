"""A stack that cannot be says why in one line, and starts nothing."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.stack.kafka import free_ports
from deploy.stack.settings import StackSettings
from tests.support.databases import require_postgres
from tests.support.kafka import require_kafka
from tests.support.sources import ROOT


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody has."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.mark.parametrize("which", ["GATEWAY_PORT", "STACK_POSTGRES_PORT", "STACK_KAFKA_PORT"])
def test_a_port_that_is_taken_is_named_with_its_variable(
    tmp_path: Path, taken: int, which: str
) -> None:
    require_postgres()
    require_kafka()
    said = _refused(tmp_path, **{which: str(taken)})
    assert str(taken) in said
    assert f"make stack {which}=" in said


def test_a_missing_java_is_told_with_what_to_install(tmp_path: Path) -> None:
    require_postgres()
    said = _refused(tmp_path, JAVA_HOME=str(tmp_path))
    assert "apt-get install" in said
    assert "Java" in said


@pytest.mark.parametrize("workers", ["nothing=2", "cases=0", "traces=2"])
def test_workers_that_cannot_be_are_told(tmp_path: Path, workers: str) -> None:
    assert "STACK_WORKERS" in _refused(tmp_path, STACK_WORKERS=workers)


def test_a_folder_that_cannot_be_written_is_told() -> None:
    assert "STACK_VAR" in _refused(Path("/proc/stack"))


@pytest.mark.parametrize("command", [["status"], ["restart", "cases"], ["logs"]])
def test_what_needs_a_running_stack_says_that_there_is_none(
    tmp_path: Path, command: list[str]
) -> None:
    _refused(tmp_path, *command)


def test_down_of_what_never_ran_is_no_mistake_and_removes_nothing(tmp_path: Path) -> None:
    kept = tmp_path / "letters.txt"
    kept.write_text("mine")
    done = _run(tmp_path, "down", "--wipe")
    assert done.returncode == 0
    assert kept.read_text() == "mine"


def test_a_stack_knows_its_own_folder_again(tmp_path: Path) -> None:
    StackSettings(STACK_VAR=tmp_path, GATEWAY_PORT=9000).keep(tmp_path / "settings.json")
    done = _run(tmp_path, "down", "--wipe")
    assert done.returncode == 0
    assert not tmp_path.exists()


def _refused(folder: Path, *command: str, **environment: str) -> str:
    done = _run(folder, *(command or ["up"]), **environment)
    assert done.returncode == 2, done
    assert done.stderr.count("\n") == 1, done.stderr
    assert not (folder / "supervisord.pid").exists()
    return done.stderr


def _run(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    ports = {
        "GATEWAY_PORT": str(free_ports()),
        "STACK_POSTGRES_PORT": str(free_ports()),
        "STACK_KAFKA_PORT": str(free_ports(2)),
    }
    return subprocess.run(
        [sys.executable, "-m", "deploy.stack", *words],
        cwd=ROOT,
        env={**os.environ, **ports, "STACK_VAR": str(folder), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
