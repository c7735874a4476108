"""Every requirement is locked with hashes, and no lock says where packages come from."""

import re
import tomllib

import pytest

from tests.support.sources import ROOT

LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
RUNTIME = PROJECT["project"]["dependencies"]
DEVELOPMENT = PROJECT["dependency-groups"]["dev"]


def _entries(lock: str) -> dict[str, str]:
    """Each requirement of a lock with all its lines."""
    joined = re.sub(r"\\\n", " ", lock)
    lines = [line for line in joined.splitlines() if line and not line.lstrip().startswith("#")]
    return {re.split(r"[\[=; ]", line)[0]: line for line in lines}


def _name(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\[=<>~!; ]", requirement)[0]).lower()


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_each_requirement_has_one_version_and_its_hashes(lock: object) -> None:
    for package, line in _entries(str(lock.read_text("utf-8"))).items():  # type: ignore[attr-defined]
        assert re.match(r"[a-z0-9-]+==[\w.+!]+", line), package
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", line), package


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_no_lock_names_an_address(lock: object) -> None:
    content = str(lock.read_text("utf-8"))  # type: ignore[attr-defined]
    assert not re.findall(r"\S*(?:://|-url|--find-links|trusted-host| @ )\S*", content)


def test_the_locks_hold_what_the_project_asks_for() -> None:
    runtime = _entries((ROOT / "requirements/runtime.lock").read_text("utf-8"))
    development = _entries((ROOT / "requirements/dev.lock").read_text("utf-8"))
    assert {_name(one) for one in RUNTIME} <= runtime.keys()
    assert {_name(one) for one in (*RUNTIME, *DEVELOPMENT)} <= development.keys()


def test_both_locks_agree_on_every_version() -> None:
    runtime = _entries((ROOT / "requirements/runtime.lock").read_text("utf-8"))
    development = _entries((ROOT / "requirements/dev.lock").read_text("utf-8"))
    version = re.compile(r"==(\S+)")
    differing = [
        package
        for package, line in runtime.items()
        if version.findall(line)[:1] != version.findall(development[package])[:1]
    ]
    assert not differing
