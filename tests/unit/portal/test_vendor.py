"""What others wrote is shipped unchanged, with its licence."""

import hashlib
import tomllib
from pathlib import Path

import pytest

VENDOR = Path("services/portal/static/vendor")
FILES = tomllib.loads((VENDOR / "VENDOR.toml").read_text())["file"]


@pytest.mark.parametrize("entry", FILES, ids=lambda entry: entry["name"])
def test_a_vendored_file_is_the_one_that_was_published(entry: dict[str, str]) -> None:
    content = (VENDOR / entry["name"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == entry["sha256"]
    assert entry["version"] in entry["name"]


@pytest.mark.parametrize("entry", FILES, ids=lambda entry: entry["name"])
def test_its_licence_lies_beside_it(entry: dict[str, str]) -> None:
    assert "Permission to use, copy, modify" in (VENDOR / entry["licence_file"]).read_text()
    assert entry["licence"] == "0BSD"


def test_nothing_lies_there_that_is_not_listed() -> None:
    listed = {entry["name"] for entry in FILES} | {entry["licence_file"] for entry in FILES}
    assert {path.name for path in VENDOR.iterdir()} == listed | {"VENDOR.toml"}
