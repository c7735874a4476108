"""What the gateway reads from the environment."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from shared.http.wire import Address
from shared.settings import PlatformSettings

Network = IPv4Network | IPv6Network


def _address(url: str) -> str:
    if url.startswith("unix:") and len(url) > len("unix:"):
        url = f"unix:{Path(url.removeprefix('unix:')).absolute()}"
    Address.parse(url)
    return url


PlainUpstream = Annotated[str, AfterValidator(_address)]


class GatewaySettings(PlatformSettings):
    """The upstreams behind the gateway, and how much of them one caller may take."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_", frozen=True, extra="ignore")

    identity_url: PlainUpstream = Field(alias="IDENTITY_URL")
    catalogue_url: PlainUpstream = Field(alias="CATALOGUE_URL")
    cases_url: PlainUpstream = Field(alias="CASES_URL")
    exchange_url: PlainUpstream = Field(alias="EXCHANGE_URL")
    portal_url: PlainUpstream = Field(alias="PORTAL_URL")
    traces_url: PlainUpstream | None = Field(
        None, alias="TRACES_URL", description="none where traces go to another collector"
    )

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = Field(
        (), description="networks, by commas, whose X-Forwarded-For names the caller"
    )
    rate: float = Field(300.0, gt=0, description="requests a second of one caller in the long run")
    burst: int = Field(600, ge=1, description="requests that one caller may send at once")
    connections: int = Field(64, ge=1, description="requests at once to one upstream")
    max_waiting: int = Field(256, ge=0, description="requests that wait for one upstream")
    wait: float = Field(2.0, gt=0, description="seconds that a request waits for its upstream")
    max_clients: int = Field(4096, ge=1, description="connections from outside at once")

    @field_validator("traces_url", mode="before")
    @classmethod
    def _unset(cls, given: object) -> object:
        return None if given == "" else given

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _networks(cls, given: object) -> object:
        if isinstance(given, str):
            return tuple(ip_network(one.strip()) for one in given.split(",") if one.strip())
        return given

    @property
    def upstreams(self) -> dict[str, str]:
        """Where each service listens."""
        always = {
            "identity": self.identity_url,
            "catalogue": self.catalogue_url,
            "cases": self.cases_url,
            "exchange": self.exchange_url,
            "portal": self.portal_url,
        }
        return always if self.traces_url is None else {**always, "traces": self.traces_url}
