"""What the service is told."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.service import ServiceSettings
from shared.settings import DatabaseURL, UpstreamURL


class Settings(ServiceSettings):
    """The settings of cases."""

    model_config = SettingsConfigDict(env_prefix="CASES_", frozen=True, extra="ignore")

    database_url: DatabaseURL = "sqlite:///var/cases.db"
    catalogue_url: UpstreamURL = Field("unix:var/run/catalogue.sock", alias="CATALOGUE_URL")
    exchange_url: UpstreamURL = Field("unix:var/run/exchange.sock", alias="EXCHANGE_URL")
    sweep_seconds: float = Field(30.0, gt=0, description="how often due rows are looked for")
