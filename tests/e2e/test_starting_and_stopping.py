"""The command `make run` starts: it goes on where it was, and says clearly why it cannot."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from deploy.demo.story import play
from deploy.stack.kafka import free_ports
from tests.support.journey import Journey
from tests.support.onebox import ROOT, Onebox, running

STEPS = 13


def attempt(folder: Path, **environment: str) -> tuple[int, str]:
    """Start a onebox that is expected to end by itself: its exit code and what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "deploy.onebox"],
        cwd=ROOT,
        env={**os.environ, "TONGBAN_VAR": str(folder), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_second_start_goes_on_where_the_first_was(tmp_path: Path) -> None:
    with running(tmp_path) as onebox:
        accounts = onebox.demo["accounts"]
        journey = Journey(onebox)
        journey.walk(stop_after=2)
        assert onebox.stop(signal.SIGINT) == 0
        onebox.start()
        assert onebox.demo["accounts"] == accounts
        journey.walk_on()
        journey.judge()
        journey.close()
        assert onebox.stop(signal.SIGTERM) == 0
        assert "Traceback" not in onebox.console()


def test_the_data_folder_may_be_named_relative_to_where_one_stands(tmp_path: Path) -> None:
    with running(tmp_path / "var", cwd=tmp_path) as onebox:
        assert len(list(play(onebox.demo))) == STEPS
        assert onebox.stop() == 0
        onebox.start()
        assert httpx.get(f"{onebox.base}/").status_code == 200


def test_the_memory_of_a_onebox_stays_small(tmp_path: Path) -> None:
    with running(tmp_path) as onebox:
        journey = Journey(onebox)
        journey.walk()
        journey.close()
        assert resident_megabytes(onebox.pid) < 400


def test_two_starts_on_one_folder_are_told_apart(tmp_path: Path) -> None:
    with running(tmp_path) as onebox:
        code, told = attempt(tmp_path, GATEWAY_PORT=str(free_ports()))
        assert code == 2
        assert str(onebox.pid) in told
        assert "TONGBAN_VAR" in told
        assert httpx.get(f"{onebox.base}/healthz").status_code == 200


def test_a_port_in_use_is_named_with_another_to_take(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, told = attempt(tmp_path, GATEWAY_PORT=str(port))
    assert code == 2
    assert str(port) in told
    assert f"GATEWAY_PORT={port + 1}" in told


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("GATEWAY_PORT", "eighty", "GATEWAY_PORT"),
        ("GATEWAY_PORT", "80000", "GATEWAY_PORT"),
        ("TIMEZONE", "Moon/Base", "TIMEZONE"),
        ("PUBLIC_BASE", "localhost:8000", "PUBLIC_BASE"),
        ("CATALOGUE_URL", "ftp://x", "CATALOGUE_URL"),
        ("GATEWAY_RATE", "none", "GATEWAY_RATE"),
        ("TELEMETRY_SAMPLE", "7", "TELEMETRY_SAMPLE"),
        ("EVENTS_URL", "rabbit://x", "EVENTS_URL"),
        ("CASES_DATABASE_URL", "mysql://x", "CASES_DATABASE_URL"),
        ("FAILPOINT", "nowhere:kill@1", "FAILPOINT"),
    ],
)
def test_a_wrong_setting_is_told_by_its_name(
    tmp_path: Path, name: str, value: str, told: str
) -> None:
    settings = {"GATEWAY_PORT": str(free_ports()), name: value}
    code, said = attempt(tmp_path, **settings)
    assert code == 2
    assert told in said
    assert "Traceback" not in said


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    code, told = attempt(tmp_path / "file" / "var", GATEWAY_PORT=str(free_ports()))
    assert code == 2
    assert "TONGBAN_VAR" in told


def test_data_without_their_keys_are_refused(tmp_path: Path) -> None:
    with running(tmp_path / "var") as onebox:
        assert onebox.stop() == 0
    (tmp_path / "var/keys/identity.keyring.json").unlink()
    code, told = attempt(tmp_path / "var", GATEWAY_PORT=str(free_ports()))
    assert code == 2
    assert "identity.keyring.json" in told
    assert "Traceback" not in told


def test_a_folder_that_was_moved_works_as_before(tmp_path: Path) -> None:
    with running(tmp_path / "before") as onebox:
        assert onebox.stop() == 0
    (tmp_path / "before").rename(tmp_path / "after")
    with running(tmp_path / "after") as moved:
        assert len(list(play(moved.demo))) == STEPS


def test_a_first_start_that_was_cut_short_is_taken_up_again(tmp_path: Path) -> None:
    onebox = Onebox(tmp_path)
    onebox.start({"FAILPOINT": "events.outbox.added:kill@60"}, wait=False)
    assert onebox.wait_end(60) == -signal.SIGKILL
    with running(tmp_path) as again:
        found = httpx.get(f"{again.base}/api/catalogue/v1/items", params={"limit": 100}).json()
        assert len(found["items"]) > 60
        journey = Journey(again)
        journey.walk(stop_after=1)
        journey.close()


def resident_megabytes(pid: int) -> int:
    """What the process holds in memory."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) // 1024
