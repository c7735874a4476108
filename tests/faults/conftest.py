"""A onebox that has had its first start, to be copied for each fault."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.journey import Begun, Journey
from tests.support.onebox import Onebox


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a onebox after its first start and a clean stop."""
    folder = tmp_path_factory.mktemp("seeded")
    onebox = Onebox(folder)
    onebox.start()
    assert onebox.stop() == 0
    return folder


@pytest.fixture
def onebox(seeded: Path, tmp_path: Path) -> Iterator[Onebox]:
    """A onebox on a copy of the seeded data, not yet started; killed at the end."""
    folder = tmp_path / "var"
    shutil.copytree(seeded, folder, ignore=shutil.ignore_patterns("run", "*.log"))
    made = Onebox(folder)
    yield made
    if made.started and made.exit_code() is None:
        made.kill()


@pytest.fixture
def begun() -> Iterator[Begun]:
    """Begins journeys, and closes their connections at the end."""
    journeys: list[Journey] = []

    def begin(onebox: Onebox) -> Journey:
        journeys.append(Journey(onebox))
        return journeys[-1]

    yield begin
    for journey in journeys:
        journey.close()
