"""What identity reads from its environment."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import (
    Field,
    FilePath,
    IPvAnyNetwork,
    SecretStr,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import SettingsConfigDict

from services.identity.domain.clients import TLS_METHODS, AuthMethod
from services.identity.domain.key_schedule import KeySchedule
from services.identity.domain.only_login import OnlyLogin
from shared.service import ServiceSettings
from shared.settings import DatabaseURL, upstream


class Settings(ServiceSettings):
    """Variables begin with IDENTITY_."""

    model_config = SettingsConfigDict(env_prefix="IDENTITY_", frozen=True, extra="ignore")

    database_url: DatabaseURL = "sqlite:///var/identity.db"
    site_name: str = Field(
        "云州通办", alias="SITE_NAME", description="the name at the top of every page"
    )
    trusted_proxies: int = Field(
        1, ge=0, le=8, description="proxies in front that append to X-Forwarded-For"
    )
    refresh_grace_seconds: int = Field(
        2, ge=0, le=30, description="how long two tabs may use the same refresh token"
    )
    any_certificate: bool = Field(
        False,
        description="whether the proxy at MTLS_BASE takes certificates that it did not verify",
    )
    dpop_nonce: bool = Field(
        False, description="whether proofs of possession (DPoP) must carry a nonce of ours"
    )
    signing_key_days: int = Field(
        90, ge=0, le=3650, description="how long a key signs tokens; 0: until rotate-keys"
    )
    signing_key_ahead_hours: int = Field(
        24, ge=1, le=24 * 30, description="how long a key is published before it signs"
    )
    refresh_hours: int = Field(8, ge=1, le=24 * 90, description="life of a refresh token")
    attack_failures: int = Field(
        600, ge=0, description="failed logins a minute from which on work is asked for; 0: never"
    )
    breached_passwords: FilePath | None = Field(
        None, description="sorted SHA-1 hashes of leaked passwords, one a line, upper case"
    )
    client_networks: frozenset[IPvAnyNetwork] = Field(
        frozenset(), description="networks besides public addresses in which clients are told"
    )
    client_ports: frozenset[int] = Field(
        frozenset(), description="ports besides 443 and 8443 at which clients are told"
    )
    client_http: bool = Field(False, description="http:// inside client_networks too")
    portal_url: str | None = Field(
        None, alias="PORTAL_URL", description="where the portal is told of logouts"
    )
    messages_url: str | None = Field(
        None, description="the gateway for SMS and e-mail, or in onebox file:PATH"
    )
    messages_secret: SecretStr | None = Field(
        None, validate_default=True, description="what the gateway knows us by"
    )

    login_upstream: str | None = Field(
        None, description="the code of the upstream that is the only login for people"
    )
    staff_log_in_here: bool = Field(
        True, description="with a login upstream: whether staff still log in with us"
    )
    upstream_networks: frozenset[IPvAnyNetwork] = Field(
        frozenset(), description="networks besides public addresses where upstreams may be"
    )
    upstream_ports: frozenset[int] = Field(
        frozenset(), description="ports besides 443 and 8443 where upstreams may be"
    )
    upstream_seconds: float = Field(
        5.0, ge=0.5, le=30, description="how long one request to an upstream may take"
    )
    upstream_authorities: Path | None = Field(
        None, description="certificates (PEM) of a private CA of upstreams"
    )
    register_key_file: Path | None = Field(
        None, description="the key that the register knows us by"
    )
    register_url: str | None = Field(
        None, description="the register that says whether facts about a person are true"
    )
    closing_days: int = Field(
        15, ge=0, le=60, description="how long somebody may think better of closing his account"
    )

    @field_validator("portal_url")
    @classmethod
    def _portal_url(cls, url: str | None) -> str | None:
        return None if url is None else upstream(url)

    @field_validator("register_url")
    @classmethod
    def _register_url(cls, url: str | None, info: ValidationInfo) -> str | None:
        if url is not None and info.data.get("register_key_file") is None:
            raise ValueError("set IDENTITY_REGISTER_KEY_FILE too")
        return None if url is None else upstream(url)

    @field_validator("messages_url")
    @classmethod
    def _messages_url(cls, url: str | None, info: ValidationInfo) -> str | None:
        scheme, _, path = (url or "").partition(":")
        if url is None or (scheme in ("http", "https") and urlsplit(url).hostname):
            return url
        if scheme == "file" and path and info.data.get("environment") == "onebox":
            return url
        raise ValueError("write it as https://HOST/PATH, or in onebox as file:PATH")

    @field_validator("messages_secret")
    @classmethod
    def _messages_secret(cls, secret: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        url = info.data.get("messages_url") or ""
        if url.startswith("http") and not (secret and secret.get_secret_value()):
            raise ValueError("the gateway of IDENTITY_MESSAGES_URL needs a secret")
        return secret

    @property
    def onebox(self) -> bool:
        """Whether demo accounts and plain-HTTP loopback redirects are allowed."""
        return self.environment == "onebox"

    @property
    def key_schedule(self) -> KeySchedule | None:
        """When the next signing key takes over; None: when an operator says so."""
        if not self.signing_key_days:
            return None
        ahead = timedelta(hours=self.signing_key_ahead_hours)
        return KeySchedule(signs=timedelta(days=self.signing_key_days), ahead=ahead)

    @property
    def only_login(self) -> OnlyLogin:
        """The upstream by which alone people log in, if there is one."""
        return OnlyLogin(self.login_upstream, self.staff_log_in_here)

    @property
    def refresh_life(self) -> timedelta:
        """How long a login's refresh tokens go on."""
        return timedelta(hours=self.refresh_hours)

    @property
    def mtls_issuer(self) -> str | None:
        """Where clients with a certificate reach what lies below the issuer."""
        return None if self.mtls_base is None else f"{self.mtls_base}/identity"

    @property
    def tls_methods(self) -> tuple[AuthMethod, ...]:
        """How a certificate may prove a client; one that nobody verified tells no subject."""
        if self.mtls_base is None:
            return ()
        return ("self_signed_tls_client_auth",) if self.any_certificate else TLS_METHODS

    def at_issuer(self, endpoint: str) -> tuple[str, ...]:
        """Every address of an endpoint."""
        return tuple(f"{base}/{endpoint}" for base in (self.issuer, self.mtls_issuer) if base)

    @property
    def issuer_is_secure(self) -> bool:
        """Whether browsers reach the issuer by https, and its cookies are `__Host-`."""
        return self.issuer.startswith("https://")

    def cookie(self, name: str) -> str:
        """The name of a cookie of the issuer's host."""
        return f"__Host-tongban_{name}" if self.issuer_is_secure else f"tongban_{name}"

    @property
    def cookie_path(self) -> str:
        """`__Host-` demands the root; over plain HTTP the portal shall not see it."""
        return "/" if self.issuer_is_secure else "/identity"
