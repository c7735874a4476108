"""How much is traced and logged, and where traces go."""

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, FilePath, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.telemetry.export import parse_headers


def _collector(url: str) -> str:
    parts = urlsplit(url)
    if parts.query or parts.fragment:
        raise ValueError("leave out the query and the fragment")
    if parts.scheme == "unix" and parts.path:
        return f"unix:{Path(parts.path).absolute()}"
    if parts.scheme in ("http", "https") and parts.hostname:
        return url.rstrip("/")
    raise ValueError("write it as http://HOST:PORT, https://HOST or unix:/PATH.sock")


def _headers(text: SecretStr) -> SecretStr:
    parse_headers(text.get_secret_value())
    return text


CollectorURL = Annotated[str, AfterValidator(_collector)]


class TelemetrySettings(BaseSettings):
    """The same for every service of one installation."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    sample: float = Field(
        0.1,
        ge=0,
        le=1,
        alias="TELEMETRY_SAMPLE",
        description="share of new traces that is recorded",
    )
    slow: float = Field(
        1.0,
        gt=0,
        alias="TELEMETRY_SLOW",
        description="seconds after which a request is always traced",
    )
    endpoint: CollectorURL | None = Field(
        None,
        alias="OTEL_EXPORTER_OTLP_ENDPOINT",
        description="an OTLP/HTTP collector's base URL, or unix: and the traces service's socket",
    )
    secret_headers: Annotated[SecretStr, AfterValidator(_headers)] | None = Field(
        None,
        alias="OTEL_EXPORTER_OTLP_HEADERS",
        description="headers for the collector: name=value,name=value",
    )
    certificate: FilePath | None = Field(
        None,
        alias="OTEL_EXPORTER_OTLP_CERTIFICATE",
        description="the authority (PEM) that an https collector is checked by",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", alias="LOG_LEVEL")

    @field_validator("endpoint", "certificate", mode="before")
    @classmethod
    def _unset(cls, given: object) -> object:
        # OpenTelemetry's rule, and what compose files write for a variable that is not there.
        return None if given == "" else given

    @property
    def headers(self) -> dict[str, str]:
        """What the collector wants to see besides the spans, such as a key."""
        if self.secret_headers is None:
            return {}
        return parse_headers(self.secret_headers.get_secret_value())
