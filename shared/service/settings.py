"""What every service is told, and where its keys lie."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.db import Database
from shared.settings import DatabaseURL, PlatformSettings, UpstreamURL


class ServiceSettings(PlatformSettings):
    """What every service is told; a subclass sets the prefix of its own variables."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    database_url: DatabaseURL
    database_writers: int = Field(8, ge=1, le=200)
    database_readers: int = Field(4, ge=2, le=200)
    statement_seconds: float = Field(30.0, ge=1, le=3600, alias="DATABASE_STATEMENT_SECONDS")
    wait_seconds: float = Field(5.0, ge=0.1, le=60, alias="DATABASE_WAIT_SECONDS")
    identity_url: UpstreamURL = Field("unix:var/run/identity.sock", alias="IDENTITY_URL")
    keys_folder: Path = Field(Path("var/keys"), alias="KEYS_FOLDER")
    event_attempts: int = Field(
        8, ge=1, le=20, alias="EVENTS_ATTEMPTS",
        description="how often an event is tried before it is a dead letter",
    )  # fmt: skip

    def open_database(self, *, statement_seconds: float | None = None) -> Database:
        """The service's database; `statement_seconds` for one who may take longer."""
        return Database(
            self.database_url,
            writers=self.database_writers,
            readers=self.database_readers,
            statement_seconds=statement_seconds or self.statement_seconds,
            wait_seconds=self.wait_seconds,
        )


@dataclass(frozen=True, slots=True)
class KeyFiles:
    """Where the keys of a service lie."""

    folder: Path
    service: str

    @property
    def client(self) -> Path:
        """The service's own login at identity."""
        return self.folder / f"{self.service}.jwk"

    @property
    def keyring(self) -> Path:
        """What seals its fields; its key-encryption keys lie beside it as .kek."""
        return self.folder / f"{self.service}.keyring.json"

    @property
    def evidence(self) -> Path:
        """What signs the checkpoints of its evidence."""
        return self.folder / f"{self.service}.evidence.key"

    @property
    def all(self) -> tuple[Path, Path, Path]:
        """Each of them."""
        return self.client, self.keyring, self.evidence

    @property
    def origin(self) -> str:
        """The name of the service's evidence."""
        return f"tongban/{self.service}"
