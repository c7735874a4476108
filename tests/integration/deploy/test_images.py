"""Each image holds its own part and `shared`, and starts with the locked packages alone."""

import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.stack.kafka import free_ports
from tests.support.images import PARTS, Image

_START_SECONDS = 60
_STOP_SECONDS = 15


@pytest.fixture(scope="module", params=PARTS)
def image(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Image:
    return Image(request.param, tmp_path_factory.mktemp(request.param))


@pytest.fixture
def port() -> int:
    return free_ports()


@pytest.fixture
def serving(image: Image, port: int, tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    if image.part != "gateway":
        for command in ("make-keys", "migrate"):
            done = image.run(command)
            assert done.returncode == 0, done.stderr
    process = image.serve(port, tmp_path / "log")
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_an_image_holds_its_own_part_and_shared_alone(image: Image) -> None:
    parts = {"/".join(name.split("/")[:2]) for name in image.files()}
    own = {"gateway"} if image.part == "gateway" else {f"services/{image.part}", "services"}
    own |= {"contracts"} if image.part == "portal" else set()
    strangers = {
        one
        for one in parts
        if one.partition("/")[0] not in {"shared", "start", *own}
        or (one.startswith("services/") and one.count("/") == 1 and not _ours(one, image.part))
    }
    assert strangers == set()
    assert {"start", "shared/__init__.py"} <= image.files()


def test_an_image_comes_up_healthy_writes_nothing_and_ends_when_told(
    image: Image, serving: "subprocess.Popen[bytes]", port: int, tmp_path: Path
) -> None:
    until = time.monotonic() + _START_SECONDS
    before, keys = image.files(), image.keys()
    while not image.healthy(port):
        told = (tmp_path / "log").read_text("utf-8", "replace")
        assert serving.poll() is None, told
        assert time.monotonic() < until, told
        time.sleep(0.2)
    assert image.files() == before
    assert image.keys() == keys  # they are mounted read-only where it serves
    stop = signal.Signals[image.stage.only("STOPSIGNAL").rest]
    serving.send_signal(stop)
    assert serving.wait(_STOP_SECONDS) in (0, -stop)


def test_an_image_is_not_healthy_while_nobody_serves(image: Image, port: int) -> None:
    assert not image.healthy(port)


def test_a_service_without_its_keys_does_not_start(tmp_path: Path) -> None:
    image = Image("catalogue", tmp_path)
    assert image.run("migrate").returncode == 0
    done = image.run("serve", "--port", str(free_ports()))
    assert done.returncode == 2
    assert "make-keys" in done.stderr


def test_what_only_development_installs_cannot_be_imported_there(tmp_path: Path) -> None:
    image = Image("catalogue", tmp_path)
    folder = image.app / "services/catalogue"
    shutil.rmtree(folder / "__pycache__")
    (folder / "settings.py").write_text("import pytest\n")
    done = image.run("openapi")
    assert "pytest is not among the packages of the image" in done.stderr


def _ours(name: str, part: str) -> bool:
    return name.removeprefix("services/") in (part, "__init__.py", "__pycache__")
