"""What a person's login allowed one client, and the request that led to it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.identity.domain.claims import ClaimsRequest

CODE_LIFETIME = timedelta(seconds=60)
ACCESS_TOKEN_LIFETIME = timedelta(seconds=300)
INTERACTION_LIFETIME = timedelta(minutes=30)
OWN_PAGES = "urn:tongban:account"  # stands for a client where our own pages ask for a login


@dataclass(frozen=True, slots=True)
class ToldBefore:
    """The person of an `id_token_hint`, or of `sub` in `claims`, as that client was told of him."""

    client: str
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """A checked authorization request."""

    client: str
    redirect_uri: str
    scopes: frozenset[str]
    audience: tuple[str, ...]
    challenge: str
    state: str | None = None
    nonce: str | None = None
    prompt: frozenset[str] = frozenset()
    max_age: int | None = None
    response_mode: str = "query"
    dpop_jkt: str | None = None
    claims: ClaimsRequest = field(default_factory=ClaimsRequest)
    acr_values: tuple[str, ...] = ()
    login_hint: str | None = None
    told_before: ToldBefore | None = None

    @property
    def for_the_desk(self) -> bool:
        """Whether it asks for a member of staff and not for a citizen."""
        return "staff" in self.scopes

    @property
    def for_own_pages(self) -> bool:
        """Whether it is no client's, but a page of the account that needs a login."""
        return self.client == OWN_PAGES


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """The family of all tokens that follow from one authorization.

    `subject` is what the client is told of the person: his id, or a name for this client's sector.
    """

    id: str
    client: str
    person: str
    login: str
    delegation: str | None
    scopes: frozenset[str]
    audience: tuple[str, ...]
    nonce: str | None
    subject: str
    claims: ClaimsRequest = field(default_factory=ClaimsRequest)
    created_at: datetime
    office: str | None = None  # of the desk: an office, or a deputation
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """An authorization code: once, within a minute, for this client, redirect URI and verifier."""

    grant: str
    client: str
    redirect_uri: str
    challenge: str
    expires_at: datetime
    used_at: datetime | None = None
    dpop_jkt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshToken:
    """A refresh token: used once, then followed by its successor.

    That of a public client is bound to what the client proved to hold when it first came.
    """

    grant: str
    issued_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    bound_to: str | None = None
