"""The way to an upstream: an authorization request of ours, bound to this browser."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from services.identity.clients.upstreams import Away, Providers
from services.identity.commands.federation.trouble import Failed, Strayed
from services.identity.commands.secrets import Derived, digest, new_secret
from services.identity.domain.grants import AuthorizationRequest
from services.identity.domain.upstream_tokens import Distrusted
from services.identity.domain.upstreams import Upstream
from services.identity.store.upstream_visits import UpstreamVisits, Visit
from services.identity.store.upstreams import Upstreams
from shared.clock import now
from shared.db import Database

LIFETIME = timedelta(minutes=15)
# How and when somebody logged in is told by many only when they are asked (Core, section 5.5).
_HOW = '{"id_token":{"acr":null,"amr":null,"auth_time":null}}'
_PASSED_ON = ("none", "login", "consent", "select_account")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """For what somebody is sent there: a request that waits, or his account that is to be linked.

    `browser` is the secret of his cookie.
    """

    browser: str
    language: str
    interaction: str | None = None
    request: AuthorizationRequest | None = None
    person: str | None = None
    login_hint: str | None = None
    acr_values: tuple[str, ...] = ()


class Going:
    """Sends a browser to an upstream."""

    def __init__(
        self,
        db: Database,
        store: Upstreams,
        visits: UpstreamVisits,
        providers: Providers,
        derived: Derived,
        issuer: str,
    ) -> None:
        self._db = db
        self._store = store
        self._visits = visits
        self._providers = providers
        self._derived = derived
        self._issuer = issuer

    async def __call__(self, code: str, wish: Wish) -> str:
        """Where the browser goes; Failed when the upstream is away, Strayed when there is none."""
        async with self._db.read() as connection:
            configured = await self._store.find(connection, code)
        if configured is None or not configured.upstream.enabled:
            raise Strayed("no_such_upstream")
        upstream, state = configured.upstream, new_secret()
        visit = Visit(
            id=digest(state),
            browser=digest(wish.browser),
            upstream=code,
            interaction=wish.interaction,
            person=wish.person,
            expires_at=now() + LIFETIME,
        )
        try:
            metadata = await self._providers.metadata(upstream.issuer)
        except (Away, Distrusted) as error:
            raise Failed(error.code, visit) from None
        async with self._db.write() as tx:
            await self._visits.begin(tx, visit)
        parameters = self._parameters(upstream, wish, state)
        if metadata.takes_claims:
            parameters["claims"] = _HOW
        asked = urlencode(parameters)
        endpoint = metadata.authorization_endpoint
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{asked}"

    def _parameters(self, upstream: Upstream, wish: Wish, state: str) -> dict[str, str]:
        verifier = verifier_of(self._derived, state)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
        return {
            "response_type": "code",
            "client_id": upstream.client_id,
            "redirect_uri": callback_of(self._issuer, upstream.code),
            "scope": " ".join(upstream.scopes),
            "state": state,
            "nonce": nonce_of(self._derived, state),
            "code_challenge": challenge.rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            "ui_locales": "en" if wish.language == "en" else "zh-CN",
            **passed_on(upstream, wish),
        }


def passed_on(upstream: Upstream, wish: Wish) -> dict[str, str]:
    """What our client asks of the login, in the upstream's words."""
    asked: dict[str, str] = {}
    request = wish.request
    if request is not None:
        prompt = [one for one in _PASSED_ON if one in request.prompt]
        if prompt:
            asked["prompt"] = " ".join(prompt)
        if request.max_age is not None:
            asked["max_age"] = str(request.max_age)
    if wish.login_hint:
        asked["login_hint"] = wish.login_hint
    wanted = [level for level in map(_level, wish.acr_values) if level is not None]
    if wanted and (acrs := upstream.acrs_for(min(wanted))):
        asked["acr_values"] = " ".join(acrs)
    return asked


def callback_of(issuer: str, code: str) -> str:
    """A redirect URI for each upstream: an answer that comes to another's is not believed."""
    return f"{issuer}/federation/{code}/callback"


def nonce_of(derived: Derived, state: str) -> str:
    """Derived, so that it need not be kept; nobody else can."""
    return derived.value("upstream nonce", state)


def verifier_of(derived: Derived, state: str) -> str:
    """RFC 7636: 64 characters; derived too."""
    return derived.value("upstream verifier", state)


def _level(acr: str) -> int | None:
    tail = acr.removeprefix("urn:tongban:acr:l")
    return int(tail) if tail in ("1", "2", "3", "4") and tail != acr else None
