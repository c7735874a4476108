"""A onebox that has had its first start, to be copied for each fault; who is who on a stack."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.stack.kafka import free_ports
from tests.support.journey import Begun, Journey, Site
from tests.support.onebox import Onebox, copy_data
from tests.support.stack import Stack
from tests.support.stack_people import People


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the data lie whenever a onebox runs: a moved folder has more to do at its start."""
    return tmp_path_factory.mktemp("stage") / "var"


@pytest.fixture(scope="session")
def port() -> int:
    """Where they listen, all in turn: at a new address the next start would have more to do too."""
    return free_ports()


@pytest.fixture(scope="session")
def seeded(stage: Path, port: int) -> Path:
    """The data of a onebox after its first start and a clean stop, kept aside."""
    onebox = Onebox(stage, port=port)
    onebox.start()
    onebox.wait_settled()  # else the next start has the first one's events to take
    assert onebox.stop() == 0
    return stage.rename(stage.with_name("seeded"))


@pytest.fixture
def onebox(seeded: Path, stage: Path, port: int) -> Iterator[Onebox]:
    """A onebox on a copy of the seeded data, not yet started; killed at the end."""
    copy_data(seeded, stage)
    made = Onebox(stage, port=port)
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


@pytest.fixture(scope="session")
def people(stack: Stack) -> People:
    """Tokens for anybody on the session's stack."""
    return People(stack)
