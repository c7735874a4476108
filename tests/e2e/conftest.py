"""One onebox for the stories."""

from collections.abc import Iterator

import pytest

from tests.support.onebox import Onebox, running


@pytest.fixture(scope="session")
def onebox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Onebox]:
    """A onebox that is ready."""
    with running(tmp_path_factory.mktemp("onebox")) as ready:
        yield ready
