"""A process of the stack gets its environment from files, and ends with its manager."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.sources import ROOT

SHOW = "import json, os, sys; print(json.dumps([sys.argv[1], dict(os.environ)]))"
LAUNCH = [sys.executable, "-m", "deploy.stack.launch"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("programs", "environment"):
        (tmp_path / name).mkdir()
    _program(tmp_path, [sys.executable, "-c", SHOW, "/run/cases_{number}.sock"])
    return tmp_path


def test_the_program_gets_its_variables_and_its_number(folder: Path) -> None:
    argument, environment = _launched(folder, "cases_1", COLOUR="inherited", KEPT="yes")
    assert argument == "/run/cases_1.sock"
    assert environment["COLOUR"] == "red"
    assert environment["KEPT"] == "yes"


def test_an_operators_variables_come_on_top(folder: Path) -> None:
    _extra(folder, "cases", COLOUR="green", SIZE="2")
    _extra(folder, "cases_1", COLOUR="blue")
    _, first = _launched(folder, "cases_0")
    _, second = _launched(folder, "cases_1")
    assert (first["COLOUR"], first["SIZE"]) == ("green", "2")
    assert (second["COLOUR"], second["SIZE"]) == ("blue", "2")


def test_what_is_for_one_start_is_gone_at_the_next(folder: Path) -> None:
    _extra(folder, "cases_0.once", COLOUR="black")
    assert _launched(folder, "cases_0")[1]["COLOUR"] == "black"
    assert _launched(folder, "cases_0")[1]["COLOUR"] == "red"


def test_a_process_ends_with_its_manager_however_that_ends(folder: Path) -> None:
    pid_file = folder / "pid"
    sleep = f"import os, time; open({str(pid_file)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    _program(folder, [sys.executable, "-c", sleep])
    command = [*LAUNCH, str(folder), "cases", "cases_0"]
    manager = f"import subprocess, sys; subprocess.run({command!r}, check=False)"
    started = subprocess.Popen([sys.executable, "-c", manager], cwd=ROOT)
    _until(lambda: pid_file.exists() and pid_file.read_text() != "")
    pid = int(pid_file.read_text())
    started.send_signal(signal.SIGKILL)
    started.wait()
    _until(lambda: not _runs(pid))


def _program(folder: Path, command: list[str]) -> None:
    content = {"command": command, "environment": {"COLOUR": "red"}}
    (folder / "programs" / "cases.json").write_text(json.dumps(content))


def _extra(folder: Path, name: str, **variables: str) -> None:
    (folder / "environment" / f"{name}.json").write_text(json.dumps(variables))


def _launched(folder: Path, process: str, **inherited: str) -> tuple[str, dict[str, str]]:
    done = subprocess.run(
        [*LAUNCH, str(folder), "cases", process],
        cwd=ROOT,
        env={**os.environ, **inherited},
        capture_output=True,
        text=True,
        check=True,
    )
    argument, environment = json.loads(done.stdout)
    return argument, environment


def _until(true: Any) -> None:
    until = time.monotonic() + 20
    while not true():
        assert time.monotonic() < until
        time.sleep(0.02)


def _runs(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
