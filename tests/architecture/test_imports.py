"""Who may import whom: import-linter's rules, and each part alone behind a wall."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.sources import ROOT

SERVICES = sorted(app.parent.name for app in (ROOT / "services").glob("*/app.py"))


def test_the_import_rules_of_the_project_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("part", [*SERVICES, "gateway"])
def test_each_part_starts_without_the_code_of_the_others(part: str, tmp_path: Path) -> None:
    done = _behind_the_wall(part, tmp_path)
    assert done.returncode == 0, done.stderr


def test_the_wall_stops_an_import_of_another_part(tmp_path: Path) -> None:
    code = (
        "import sys; from tests.support.import_wall import Wall; "
        "sys.meta_path.insert(0, Wall('cases')); import services.cases; import services.catalogue"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "cases imports services.catalogue, which its image does not have" in done.stderr


def _behind_the_wall(part: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    upstreams = {f"{name.upper()}_URL": "http://127.0.0.1:9" for name in SERVICES}
    environment = upstreams | {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "GATEWAY_URL": "http://127.0.0.1:9",
        "TONGBAN_ENVIRONMENT": "onebox",
        f"{part.upper()}_DATABASE_URL": f"sqlite:///{folder}/{part}.db",
        "EVENTS_URL": f"sqlite:///{folder}/events.db",
        "KEYS_FOLDER": str(folder / "keys"),
    }
    return subprocess.run(
        [sys.executable, "-m", "tests.support.import_wall", part],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
