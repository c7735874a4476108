"""What identity reads from its environment."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.service import ServiceSettings


class Settings(ServiceSettings):
    """Variables begin with IDENTITY_."""

    model_config = SettingsConfigDict(env_prefix="IDENTITY_", frozen=True, extra="ignore")

    database_url: str = "sqlite:///var/identity.db"
    trusted_proxies: int = Field(
        1, ge=0, le=8, description="proxies in front that append to X-Forwarded-For"
    )
    refresh_grace_seconds: int = Field(
        2, ge=0, le=30, description="how long two tabs may use the same refresh token"
    )
    refresh_hours: int = Field(8, ge=1, le=24 * 90, description="life of a refresh token")
