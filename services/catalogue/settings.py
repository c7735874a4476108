"""The catalogue's settings: CATALOGUE_* and those of the platform."""

from pathlib import Path

from pydantic_settings import SettingsConfigDict

from shared.service import ServiceSettings
from shared.settings import DatabaseURL


class Settings(ServiceSettings):
    """What the catalogue needs to know at its start."""

    model_config = SettingsConfigDict(env_prefix="CATALOGUE_", frozen=True, extra="ignore")

    database_url: DatabaseURL = "sqlite:///var/catalogue.db"
    synonyms_file: Path | None = None
