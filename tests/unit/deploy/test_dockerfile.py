"""What deploy/Dockerfile promises whoever runs its images."""

import re
import subprocess
import sys
from pathlib import Path

from tests.support.images import DOCKERFILE
from tests.support.recipe import Ignored, Recipe, Stage
from tests.support.sources import ROOT

RECIPE = Recipe(DOCKERFILE, ROOT)
IMAGE: Stage = RECIPE.stages[-1]


def test_hadolint_has_nothing_to_say() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    done = subprocess.run(
        [linter, "--no-color", DOCKERFILE], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_every_stage_stands_on_the_one_base_with_a_full_version() -> None:
    assert re.fullmatch(r"3\.\d+\.\d+-slim-\w+", RECIPE.arguments["PYTHON"])
    assert {stage.base for stage in RECIPE.stages} == {f"python:{RECIPE.arguments['PYTHON']}"}


def test_the_base_has_the_python_for_which_the_packages_are_locked() -> None:
    made_for = re.search(r"--python-version (\S+)", (ROOT / "Makefile").read_text("utf-8"))
    assert made_for is not None
    assert RECIPE.arguments["PYTHON"].startswith(f"{made_for[1]}.")


def test_the_build_fetches_no_frontend() -> None:
    assert "syntax=" not in DOCKERFILE.read_text("utf-8")


def test_packages_come_from_the_lock_with_their_hashes_and_as_wheels() -> None:
    packages = RECIPE.stages[0]
    assert packages.only("COPY").rest.split()[0] == "requirements/runtime.lock"
    assert {"--require-hashes", "--only-binary"} <= set(packages.only("RUN").rest.split())


def test_it_runs_as_a_number_that_is_not_root() -> None:
    assert re.fullmatch(r"[1-9]\d{4,}:[1-9]\d{4,}", IMAGE.only("USER").rest)
    assert IMAGE.steps.index(IMAGE.only("USER")) > IMAGE.steps.index(IMAGE.all("COPY")[-1])


def test_it_listens_where_it_says_and_where_it_is_asked_for_its_health() -> None:
    port = IMAGE.only("EXPOSE").rest
    words = IMAGE.only("CMD").words
    assert words[words.index("--port") + 1] == port
    assert f":{port}/readyz" in IMAGE.only("HEALTHCHECK").rest
    assert f"GATEWAY_PORT={port}" in IMAGE.only("ENV").rest


def test_commands_are_given_in_the_exec_form() -> None:
    for word in ("ENTRYPOINT", "CMD", "HEALTHCHECK"):
        assert IMAGE.only(word).words
    assert IMAGE.only("STOPSIGNAL").rest == "SIGTERM"


def test_it_is_labelled_with_what_it_is() -> None:
    labels = set(re.findall(r"org\.opencontainers\.image\.(\w+)=", IMAGE.only("LABEL").rest))
    assert labels == {"title", "version", "licenses"}


def test_the_build_gets_neither_data_nor_keys_nor_tests() -> None:
    ignored = Ignored((ROOT / ".dockerignore").read_text("utf-8"))
    for path in (
        *("var/keys/cases.jwk", "var/cases.db", ".git/config", ".env", ".venv/bin/python"),
        *("deploy/secrets/cases_database", "tests/conftest.py", "requirements/dev.lock"),
        *("services/cases/__pycache__/app.cpython-311.pyc", "shared/ids.pyc"),
    ):
        assert ignored.matches(path), path
    for path in ("services/cases/app.py", "shared/ids.py", "contracts/problems.json"):
        assert not ignored.matches(path), path
