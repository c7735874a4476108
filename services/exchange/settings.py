"""The settings of exchange: EXCHANGE_* and those of the platform."""

from pathlib import Path

from pydantic import Field, IPvAnyNetwork
from pydantic_settings import SettingsConfigDict

from shared.service import ServiceSettings
from shared.settings import DatabaseURL


class Settings(ServiceSettings):
    """What exchange needs to know at its start."""

    model_config = SettingsConfigDict(env_prefix="EXCHANGE_", frozen=True, extra="ignore")

    database_url: DatabaseURL = "sqlite:///var/exchange.db"
    credentials: Path | None = Field(
        None, description="folder of NAME.key files for sources; else `connectors` in KEYS_FOLDER"
    )
    connector_urls: frozenset[str] = Field(
        frozenset(), description="sources that data officers may connect, whole; operators load any"
    )
    coordinators: frozenset[str] = Field(
        frozenset(), description="departments (18 characters) that coordinate all sharing"
    )
    answers_kept_hours: float = Field(24, gt=0, le=168)
    answer_bytes: int = Field(64 * 1024, ge=1024, le=1024 * 1024)
    followers: int = Field(32, ge=1, description="long polls at once; those beyond do not wait")
    subscriptions: int = Field(20, ge=1, le=1000, description="that one client may have")
    webhook_networks: frozenset[IPvAnyNetwork] = Field(
        frozenset(), description="networks besides public addresses to which webhooks may go"
    )
    webhook_ports: frozenset[int] = Field(
        frozenset(), description="ports besides 443 and 8443 to which webhooks may go"
    )
    webhook_http: bool = Field(False, description="http:// inside webhook_networks too")
    webhook_authorities: Path | None = Field(None, description="PEM certificates of a private CA")
    webhook_seconds: float = Field(10.0, ge=0.5, le=60, description="a whole delivery may take")
    webhook_retry_seconds: float = Field(2.0, gt=0, le=60, description="the first delay; it grows")
    webhook_days: float = Field(3.0, gt=0, le=30, description="until an event is a dead letter")
    webhook_at_once: int = Field(4, ge=1, le=64, description="deliveries under way to a receiver")

    @property
    def credentials_folder(self) -> Path:
        """Where the keys of sources lie."""
        return self.credentials or self.keys_folder / "connectors"
