from pathlib import Path

import pytest

from shared.events import from_url
from shared.events.sqlite import SQLiteBus


def test_a_file_is_the_embedded_log(tmp_path: Path) -> None:
    assert isinstance(from_url(f"sqlite:///{tmp_path}/events.db"), SQLiteBus)


def test_a_bus_that_there_is_not_is_answered_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="kafka://… or sqlite://…"):
        from_url("amqp://localhost")


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///"])
def test_a_url_without_a_file_is_a_mistake(url: str) -> None:
    with pytest.raises(ValueError, match="sqlite:///FILE"):
        from_url(url)


@pytest.mark.parametrize("group", ["", "../x", "a b", "x" * 101])
async def test_a_group_that_could_not_be_a_file_name_is_refused(group: str, tmp_path: Path) -> None:
    bus = SQLiteBus(tmp_path / "events.db")
    with pytest.raises(ValueError, match="consumer group"):
        await bus.subscribe(group, ["tongban.probe"])
