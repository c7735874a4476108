"""How much is traced and logged, and where traces go."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.settings import BaseURL


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
    endpoint: BaseURL | None = Field(
        None, alias="OTEL_EXPORTER_OTLP_ENDPOINT", description="an OTLP/HTTP collector's base URL"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", alias="LOG_LEVEL")
