"""Logout between an upstream and us: theirs ends ours, and ours goes on there."""

import hashlib
from urllib.parse import urlencode

from services.identity.clients.upstreams import Away, Providers
from services.identity.commands.federation.going import LIFETIME
from services.identity.commands.records import Records
from services.identity.commands.secrets import digest, new_secret
from services.identity.domain.logins import Login
from services.identity.domain.upstream_tokens import Distrusted, check_logout_token
from services.identity.store import tokens
from services.identity.store.upstream_visits import UpstreamVisits, Visit
from services.identity.store.upstreams import Configured, Upstreams
from shared.clock import now
from shared.db import Database

# A logout token is believed for ten minutes after it was issued, and a minute of clock skew.
_REMEMBERED = LIFETIME


class Leaving:
    """The acts of logging out across the border."""

    def __init__(
        self,
        db: Database,
        store: Upstreams,
        visits: UpstreamVisits,
        providers: Providers,
        records: Records,
        issuer: str,
    ) -> None:
        self._db = db
        self._store = store
        self._visits = visits
        self._providers = providers
        self._records = records
        self._issuer = issuer

    async def told_by(self, code: str, logout_token: str) -> int:
        """OpenID Connect Back-Channel Logout: end what came from that login; says how many."""
        configured = await self._enabled(code)
        if configured is None:
            raise Distrusted("no_such_upstream")
        upstream, moment = configured.upstream, now()
        metadata = await self._providers.metadata(upstream.issuer)
        header, claims = await self._providers.keys.verify(logout_token, metadata.jwks_uri)
        if header.get("typ") not in (None, "JWT", "logout+jwt"):
            raise Distrusted("no_logout_token")
        check_logout_token(claims, upstream.issuer, upstream.client_id, int(moment.timestamp()))
        used = hashlib.sha256(f"upstream logout\0{code}\0{claims['jti']}".encode()).hexdigest()
        async with self._db.write() as tx:
            if not await tokens.use_assertions(tx, {used: moment + _REMEMBERED}):
                raise Distrusted("used_before")
            named = {name: str(claims[name]) for name in ("sid", "sub") if claims.get(name)}
            ended = await self._visits.logins_of(tx, code, named)
            for login, person in ended:
                await self._records.end_login(tx, login, person, why="upstream_logout", at=moment)
        return len(ended)

    async def onward(self, login: Login | None, location: str) -> str | None:
        """The upstream's logout, from which the browser comes back to go to `location`."""
        if login is None:
            return None
        async with self._db.read() as connection:
            origin = await self._visits.origin(connection, login.id)
        configured = await self._enabled(origin.upstream) if origin else None
        if origin is None or configured is None or not configured.upstream.logout:
            return None
        upstream = configured.upstream
        try:
            endpoint = (await self._providers.metadata(upstream.issuer)).end_session_endpoint
        except (Away, Distrusted):
            return None  # who is logged out here must not be kept by whoever is away
        if endpoint is None:
            return None
        state = new_secret()
        visit = Visit(
            id=digest(state),
            browser="",
            upstream=upstream.code,
            stage="leaving",
            back=location,
            expires_at=now() + LIFETIME,
        )
        async with self._db.write() as tx:
            await self._visits.begin(tx, visit)
        asked = {
            "id_token_hint": origin.id_token,
            "client_id": upstream.client_id,
            "post_logout_redirect_uri": left_of(self._issuer, upstream.code),
            "state": state,
        }
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"

    async def came_back(self, code: str, state: str) -> str | None:
        """Where the browser was to go before it was sent there: once, and only what we kept."""
        id_, moment = digest(state), now()
        async with self._db.write() as tx:
            visit = await self._visits.find(tx, id_, "leaving", moment)
            if visit is None or visit.upstream != code:
                return None
            return visit.back if await self._visits.take(tx, id_, "leaving") else None

    async def _enabled(self, code: str) -> Configured | None:
        async with self._db.read() as connection:
            found = await self._store.find(connection, code)
        return found if found is not None and found.upstream.enabled else None


def left_of(issuer: str, code: str) -> str:
    """Where an upstream sends the browser after its logout."""
    return f"{issuer}/federation/{code}/left"
