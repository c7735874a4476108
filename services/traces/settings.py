"""The settings of traces: TRACES_* and those of the platform."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.service import ServiceSettings
from shared.settings import DatabaseURL

_MEGABYTE = 1024 * 1024


class Settings(ServiceSettings):
    """What traces needs to know at its start."""

    model_config = SettingsConfigDict(env_prefix="TRACES_", frozen=True, extra="ignore")

    database_url: DatabaseURL = "sqlite:///var/traces.db"
    keep_days: float = Field(7, gt=0, le=366, description="days that a trace is kept")
    keep_bytes: int = Field(
        1024 * _MEGABYTE, ge=_MEGABYTE, description="bytes of spans kept; the oldest go first"
    )
    body_bytes: int = Field(
        8 * _MEGABYTE, ge=1024, description="the largest export that is taken, unpacked"
    )
    queue: int = Field(
        20_000, ge=1, description="spans that wait to be written; then senders are told to wait"
    )
    trace_spans: int = Field(
        2_000, ge=10, description="spans kept of one trace; those beyond are only counted"
    )
    attributes: frozenset[str] = Field(
        frozenset(), description="names kept besides the known ones; `vendor.*` for all of a vendor"
    )
