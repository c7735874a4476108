"""The portal's settings: PORTAL_*, the gateway's address and those of the platform."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import SettingsConfigDict

from services.portal.domain.trace_links import search_template, trace_template
from shared.service import ServiceSettings
from shared.settings import DatabaseURL, UpstreamURL

_PROBLEMS = Path(__file__).parents[2] / "contracts" / "problems.json"


class Settings(ServiceSettings):
    """What the portal needs to know at its start."""

    model_config = SettingsConfigDict(env_prefix="PORTAL_", frozen=True, extra="ignore")

    database_url: DatabaseURL = "sqlite:///var/portal.db"
    gateway_url: UpstreamURL = Field("http://localhost:8000", alias="GATEWAY_URL")
    session_hours: int = Field(8, ge=1, le=24, description="how long a visit stays logged in")
    site_name: str = Field(
        "云州通办", alias="SITE_NAME", description="the name at the top of every page"
    )
    handbook_url: str | None = Field(
        None,
        pattern="^(https?://|/)",
        description="where the folder docs/ is published: the operators' room links to its pages",
    )
    trace_url: Annotated[str, AfterValidator(trace_template)] = Field(
        "/ops/traces/{trace_id}",
        alias="TRACE_URL",
        description="the page of one trace: our own, or that of a tool such as Jaeger",
    )
    trace_search_url: Annotated[str, AfterValidator(search_template)] = Field(
        "/ops/traces?case={case_number}",
        alias="TRACE_SEARCH_URL",
        description="the page that finds the traces of one case",
    )
    problems_file: Path = Field(_PROBLEMS, description="the contract that lists the errors")

    @property
    def cookie(self) -> str:
        """The name of the visit's cookie."""
        return "__Host-tongban_portal" if self.secure else "tongban_portal"

    @property
    def callback(self) -> str:
        """Where the identity provider sends a person back to."""
        return f"{self.public_base}/auth/callback"
