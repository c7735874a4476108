"""A onebox that has had its first start, to be copied for each fault."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.journey import Begun, Journey, Site
from tests.support.onebox import Onebox, copy_data


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the data lie whenever a onebox runs: a moved folder has more to do at its start."""
    return tmp_path_factory.mktemp("stage") / "var"


@pytest.fixture(scope="session")
def seeded(stage: Path) -> Path:
    """The data of a onebox after its first start and a clean stop, kept aside."""
    onebox = Onebox(stage)
    onebox.start()
    assert onebox.stop() == 0
    return stage.rename(stage.with_name("seeded"))


@pytest.fixture
def onebox(seeded: Path, stage: Path) -> Iterator[Onebox]:
    """A onebox on a copy of the seeded data, not yet started; killed at the end."""
    copy_data(seeded, stage)
    made = Onebox(stage)
    yield made
    if made.started and made.exit_code() is None:
        made.kill()
    shutil.rmtree(stage)


@pytest.fixture
def begun() -> Iterator[Begun]:
    """Begins journeys, and closes their connections at the end."""
    journeys: list[Journey] = []

    def begin(site: Site) -> Journey:
        journeys.append(Journey(site))
        return journeys[-1]

    yield begin
    for journey in journeys:
        journey.close()
