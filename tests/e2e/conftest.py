"""One onebox for the stories."""

from collections.abc import Iterator

import pytest

from tests.support.onebox import Onebox, running
from tests.support.played import Played, playing


@pytest.fixture(scope="package")
def onebox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Onebox]:
    """A onebox that is ready."""
    with running(tmp_path_factory.mktemp("onebox")) as ready:
        yield ready


@pytest.fixture(scope="package")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """A onebox that has played the story once, with everything recorded."""
    with playing(tmp_path_factory.mktemp("traced")) as done:
        yield done
