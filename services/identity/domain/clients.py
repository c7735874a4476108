"""Client systems: what a client of the provider is registered for."""

from dataclasses import dataclass
from typing import Any, Literal

AuthMethod = Literal[
    "private_key_jwt",
    "client_secret_basic",
    "none",
    "tls_client_auth",
    "self_signed_tls_client_auth",
]
AUTH_METHODS: tuple[AuthMethod, ...] = ("private_key_jwt", "client_secret_basic", "none")
# Only where a proxy ends mutual TLS.
TLS_METHODS: tuple[AuthMethod, ...] = ("tls_client_auth", "self_signed_tls_client_auth")

AUTHORIZATION_CODE = "authorization_code"
REFRESH_TOKEN = "refresh_token"  # noqa: S105 - a grant's name
CLIENT_CREDENTIALS = "client_credentials"
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105 - a grant's name
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
GRANT_TYPES = (
    AUTHORIZATION_CODE,
    REFRESH_TOKEN,
    CLIENT_CREDENTIALS,
    TOKEN_EXCHANGE,
    DEVICE_CODE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A registered client.

    `scopes` are what it may ask for when a person logs in or is acted for; `own_scopes` what it
    has for itself. `department` and `region` say whose system it is. A `third_party` knows people
    by the names of its `sector` only, and asks each of them first; with `require_par` it must push
    its authorization requests.
    """

    id: str
    name: str
    auth_method: AuthMethod
    secret_hash: str | None = None
    jwks: dict[str, Any] | None = None
    grant_types: frozenset[str]
    redirect_uris: tuple[str, ...] = ()
    post_logout_uris: tuple[str, ...] = ()
    scopes: frozenset[str] = frozenset()
    own_scopes: frozenset[str] = frozenset()
    native: bool = False
    platform: bool = False
    dpop_bound_access_tokens: bool = False
    backchannel_logout_uri: str | None = None
    backchannel_logout_session_required: bool = False
    tls_client_auth: dict[str, str] | None = None
    certificate_bound_access_tokens: bool = False
    third_party: bool = False
    sector: str | None = None
    require_par: bool = False
    department: str | None = None
    region: str | None = None
