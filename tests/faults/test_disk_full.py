"""The disk fills up: 503 at once, readiness down, nothing acknowledged that is not stored."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from deploy.demo.citizen import Citizen, Stopped
from tests.support.journey import Begun, birth_form
from tests.support.onebox import Onebox, copy_data


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own that a test may fill."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", str(place)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.decode()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(place: Path) -> Path:
    """Leave no room at all."""
    filler = place / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 2**16)
        except OSError:
            return filler


def test_a_full_disk_refuses_and_recovers_without_a_restart(
    seeded: Path, small_disk: Path, begun: Begun
) -> None:
    folder = small_disk / "var"
    copy_data(seeded, folder)
    onebox = Onebox(folder)
    onebox.start()
    try:
        journey = begun(onebox)
        journey.walk(stop_after=1)
        citizen = Citizen(onebox.demo)
        citizen.log_in(onebox.demo["accounts"]["citizen"], citizen.register_app())
        before = journey.cases()
        filler = fill(small_disk)
        body = {"item": onebox.demo["item"], "form": birth_form(), "status": "submitted"}
        with pytest.raises(Stopped, match="→ 503"):
            citizen.post("/api/cases/v1/cases", body, expect=201, key="while-full")
        assert httpx.get(f"{onebox.base}/api/catalogue/v1/items?q=身份证").status_code == 200
        states = httpx.get(f"{onebox.base}/readyz").json()
        assert "unready" in str(states)
        filler.unlink()
        case = citizen.post("/api/cases/v1/cases", body, expect=201, key="while-full")
        assert case["status"] == "submitted"
        assert journey.cases() == before + 1
        citizen.close()
        journey.walk_on()
        journey.judge()
    finally:
        onebox.kill()
