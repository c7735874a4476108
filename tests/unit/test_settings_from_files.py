"""A setting may stand in a file, which is how a container gets a secret."""

from pathlib import Path

import pytest
from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import DatabaseURL, PlatformSettings, load

SECRET = "postgresql://tongban_desk:hunter2@postgres/tongban_desk"


class Settings(PlatformSettings):
    model_config = SettingsConfigDict(env_prefix="DESK_", frozen=True, extra="ignore")

    database_url: DatabaseURL = "sqlite:///var/desk.db"
    seats: int = Field(2, alias="SEATS")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("DESK_DATABASE_URL", raising=False)
    path = tmp_path / "desk_database"
    path.write_text(f"{SECRET}\n")
    monkeypatch.setenv("DESK_DATABASE_URL_FILE", str(path))
    return path


def test_a_setting_is_read_from_the_file_that_its_variable_names(file: Path) -> None:
    assert load(Settings).database_url == SECRET


def test_a_file_serves_a_setting_of_the_whole_platform_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seats = tmp_path / "seats"
    seats.write_text("7")
    monkeypatch.setenv("SEATS_FILE", str(seats))
    assert load(Settings).seats == 7


def test_a_variable_and_its_file_at_once_are_a_mistake(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DESK_DATABASE_URL", "sqlite:///elsewhere.db")
    with pytest.raises(SystemExit, match="2"):
        load(Settings)
    told = capsys.readouterr().err
    assert told.startswith("DESK_DATABASE_URL: is set, and DESK_DATABASE_URL_FILE too")


def test_a_file_that_is_not_there_is_named(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.unlink()
    with pytest.raises(SystemExit, match="2"):
        load(Settings)
    assert capsys.readouterr().err.startswith(f"DESK_DATABASE_URL_FILE: {file} cannot be read")


def test_a_wrong_value_in_a_file_is_told_without_the_value(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("mysql://desk:hunter2@db/desk")
    with pytest.raises(SystemExit, match="2"):
        load(Settings)
    told = capsys.readouterr().err
    assert told.startswith("DESK_DATABASE_URL: write it as")
    assert "hunter2" not in told
