"""The power goes: every write that was not synced vanishes. What was acknowledged stays."""

from pathlib import Path

import pytest

from tests.support.fault_tools import cut_power, preload
from tests.support.journey import Begun
from tests.support.onebox import Onebox


@pytest.mark.parametrize("acts", [1, 2, 4])
def test_what_was_acknowledged_survives_a_power_cut(
    onebox: Onebox, begun: Begun, tmp_path: Path, acts: int
) -> None:
    journal = tmp_path / "journal"
    onebox.start(
        {
            "LD_PRELOAD": str(preload("powercut")),
            "POWERCUT_ROOT": str(onebox.folder.resolve()),
            "POWERCUT_JOURNAL": str(journal),
        }
    )
    journey = begun(onebox)
    journey.walk(stop_after=acts)
    onebox.kill()
    assert journal.stat().st_size > 0, "the simulator saw no write"
    cut_power(journal)
    onebox.start()
    journey.walk_on()
    journey.judge()
    assert journey.cases() == 1
