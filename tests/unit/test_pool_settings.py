"""The sizes and times of a service's pools come from the environment, within bounds."""

from pathlib import Path

import pytest

from services.cases.settings import Settings
from shared.settings import load

WRONG = [
    ("CASES_DATABASE_WRITERS", "0", "greater than or equal to 1"),
    ("CASES_DATABASE_WRITERS", "1000", "less than or equal to 200"),
    ("CASES_DATABASE_READERS", "1", "greater than or equal to 2"),
    ("CASES_DATABASE_READERS", "many", "valid integer"),
    ("DATABASE_STATEMENT_SECONDS", "0", "greater than or equal to 1"),
    ("DATABASE_WAIT_SECONDS", "0", "greater than or equal to 0.1"),
]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("IDENTITY_URL", "CATALOGUE_URL", "EXCHANGE_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("CASES_DATABASE_URL", "postgresql://cases@127.0.0.1/cases")


async def test_the_pools_are_as_large_as_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASES_DATABASE_WRITERS", "3")
    monkeypatch.setenv("CASES_DATABASE_READERS", "2")
    monkeypatch.setenv("DATABASE_WAIT_SECONDS", "1.5")
    db = load(Settings).open_database()
    sizes = [engine.pool.status().split("  ")[0] for engine in db.engines]
    assert sizes == ["Pool size: 3", "Pool size: 2"]
    await db.dispose()


@pytest.mark.parametrize(("name", "value", "reason"), WRONG)
def test_a_size_or_time_out_of_bounds_ends_the_start_with_its_name(
    name: str,
    value: str,
    reason: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit):
        load(Settings)
    told = capsys.readouterr().err
    assert told.startswith(f"{name}: ")
    assert reason in told
