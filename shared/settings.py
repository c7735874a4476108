"""Settings come from the environment only, and are checked once, at the start.

A variable may also be given as a file that holds its value, by its name with `_FILE` behind it:
that is how containers get their secrets.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.events import from_url

S = TypeVar("S", bound=BaseSettings)


def upstream(url: str) -> str:
    """The address of a service as its clients take it."""
    parts = urlsplit(url)
    if parts.scheme == "unix" and parts.path:
        return f"unix:{Path(parts.path).absolute()}"
    if parts.scheme in ("http", "https") and parts.hostname:
        return url.rstrip("/")
    raise ValueError("write it as http://HOST:PORT, https://HOST or unix:/PATH.sock")


def _base(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("write it as http://HOST[:PORT] or https://HOST")
    if parts.query or parts.fragment:
        raise ValueError("leave out the query and the fragment")
    return url.rstrip("/")


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise ValueError(f"{name!r} is no IANA time zone: write it like Asia/Shanghai") from None
    return name


def _bus(url: str) -> str:
    from_url(url)  # what is wrong with it is told now, and not when the first event comes
    return url


def _store(*schemes: str) -> Callable[[str], str]:
    def check(url: str) -> str:
        if url.partition(":")[0] not in schemes:
            raise ValueError(f"write it as {' or '.join(f'{scheme}://…' for scheme in schemes)}")
        return url

    return check


UpstreamURL = Annotated[str, AfterValidator(upstream), Field(validate_default=True)]
BaseURL = Annotated[str, AfterValidator(_base)]
Zone = Annotated[str, AfterValidator(_zone)]
DatabaseURL = Annotated[str, AfterValidator(_store("sqlite", "postgresql"))]
EventsURL = Annotated[str, AfterValidator(_bus)]


class PlatformSettings(BaseSettings):
    """What every process of one installation must agree on."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    environment: Literal["onebox", "production"] = Field(
        "production", alias="TONGBAN_ENVIRONMENT", description="onebox allows demo accounts"
    )
    public_base: BaseURL = Field("http://localhost:8000", alias="PUBLIC_BASE")
    public_issuer: BaseURL | None = Field(None, alias="PUBLIC_ISSUER")
    mtls_base: BaseURL | None = Field(
        None,
        alias="MTLS_BASE",
        description="where a trusted proxy asks for client certificates; none: no mutual TLS",
    )
    timezone: Zone = Field("Asia/Shanghai", alias="TIMEZONE")
    events_url: EventsURL = Field("sqlite:///var/events.db", alias="EVENTS_URL")

    @property
    def issuer(self) -> str:
        """The OpenID Connect issuer; it may live on a host of its own."""
        return self.public_issuer or f"{self.public_base}/identity"

    def audience(self, service: str) -> str:
        """The `aud` that a token for this service's API carries."""
        return f"{self.public_base}/api/{service}"

    @property
    def secure(self) -> bool:
        """Whether the public side is https, and cookies are therefore `__Host-` and `Secure`."""
        return self.public_base.startswith("https://")


def load(settings: type[S]) -> S:
    """Read the settings from the environment, or end the process with one line per mistake."""
    try:
        return settings(**_from_files(settings))
    except ValidationError as wrong:
        lines = mistakes(settings, wrong)
    except ValueError as wrong:
        lines = [str(wrong)]
    for line in lines:
        sys.stderr.write(line + "\n")
    raise SystemExit(2)


def mistakes(settings: type[BaseSettings], wrong: ValidationError) -> list[str]:
    """Each mistake as one sentence that names the environment variable and what to do."""
    return [
        f"{_variable(settings, e['loc'])}: {_reason(e['type'], e['msg'])}" for e in wrong.errors()
    ]


def _from_files(settings: type[BaseSettings]) -> dict[str, Any]:
    """What files hold, by the field's alias or name; a ValueError says which file is wrong."""
    found: dict[str, Any] = {}
    for name, field in settings.model_fields.items():
        variable = _variable(settings, (name,))
        path = os.environ.get(f"{variable}_FILE")
        if not path:
            continue
        if variable in os.environ:
            raise ValueError(f"{variable}: is set, and {variable}_FILE too: leave out one of them.")
        try:
            found[field.alias or name] = Path(path).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"{variable}_FILE: {path} cannot be read: {error}.") from None
    return found


def _reason(kind: str, message: str) -> str:
    if kind == "missing":
        return "is not set, and has no default."
    return f"{message.removeprefix('Value error, ')}."


def _variable(settings: type[BaseSettings], location: tuple[int | str, ...]) -> str:
    name = str(location[0])
    field = settings.model_fields.get(name)
    if field is None:
        return name
    return field.alias or f"{settings.model_config.get('env_prefix', '')}{name}".upper()
