"""What the stack is told: STACK_* and the gateway's own variables in the environment."""

import json
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.settings import BaseURL

_MOST_WORKERS = 16


class StackSettings(BaseSettings):
    """Where its data lie, on which ports it listens, and how many processes a service has."""

    model_config = SettingsConfigDict(env_prefix="STACK_", frozen=True, extra="ignore")

    folder: Path = Field(Path("var/stack"), alias="STACK_VAR")
    workers: str = "cases=2 exchange=2"
    postgres_port: int = Field(15432, ge=1, le=65535)
    kafka_port: int = Field(19092, ge=1, le=65534)
    gateway_host: str = Field("127.0.0.1", alias="GATEWAY_HOST")
    gateway_port: int = Field(8000, ge=1, le=65535, alias="GATEWAY_PORT")
    public_base: BaseURL | None = Field(None, alias="PUBLIC_BASE")

    @field_validator("workers")
    @classmethod
    def _readable(cls, given: str) -> str:
        parse_workers(given)
        return given

    def keep(self, file: Path) -> None:
        """Write down what the stack is started with."""
        file.write_text(self.model_dump_json(indent=1, exclude={"folder"}), "utf-8")

    def as_kept(self, file: Path) -> "StackSettings":
        """What the stack in this folder was started with; these if it never was."""
        try:
            kept = json.loads(file.read_text("utf-8"))
        except (OSError, ValueError):
            return self
        return self.model_copy(update=kept)

    @property
    def base(self) -> str:
        """The address by which everybody reaches the platform."""
        return self.public_base or f"http://localhost:{self.gateway_port}"


def parse_workers(text: str) -> dict[str, int]:
    """Processes by service: `cases=2 exchange=3`; a ValueError says how it is written."""
    found: dict[str, int] = {}
    for word in text.split():
        name, _, count = word.partition("=")
        number = int(count) if count.isascii() and count.isdigit() else 0
        if not name or not 1 <= number <= _MOST_WORKERS:
            raise ValueError(
                f"{word!r} is not SERVICE=NUMBER with 1 to {_MOST_WORKERS}: "
                "write it like `cases=2 exchange=2`"
            )
        found[name] = number
    return found
