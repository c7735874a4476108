"""The way back: an answer is believed when all of it fits the way that this browser went."""

import hmac
from collections.abc import Mapping
from typing import Any

from services.identity.clients.upstreams import Away, Metadata, Providers, Refused
from services.identity.commands.federation.going import callback_of, nonce_of, verifier_of
from services.identity.commands.federation.proving import Proving
from services.identity.commands.federation.trouble import Failed, Strayed
from services.identity.commands.secrets import Derived, digest
from services.identity.domain.upstream_tokens import Distrusted, Expected, check_id_token
from services.identity.domain.upstreams import Told, Upstream, amr_of, fields_of
from services.identity.store.interactions import Interaction, find_interaction
from services.identity.store.upstream_visits import UpstreamVisits, Visit
from services.identity.store.upstreams import Upstreams
from shared.clock import now
from shared.db import Database

# What an upstream may answer in `error`; anything else is told as one of ours.
SAID = frozenset(
    {
        *("access_denied", "login_required", "interaction_required", "consent_required"),
        *("account_selection_required", "temporarily_unavailable", "server_error"),
        *("invalid_request", "unauthorized_client", "invalid_scope", "unsupported_response_type"),
        "unmet_authentication_requirements",
    }
)
_LONGEST = 4096


class Returning:
    """Takes what an upstream answered, once."""

    def __init__(
        self,
        db: Database,
        store: Upstreams,
        visits: UpstreamVisits,
        providers: Providers,
        derived: Derived,
        proving: Proving,
        issuer: str,
    ) -> None:
        self._db = db
        self._store = store
        self._visits = visits
        self._providers = providers
        self._derived = derived
        self._proving = proving
        self._issuer = issuer

    async def __call__(
        self, code: str, parameters: Mapping[str, str], browser: str
    ) -> tuple[Visit, Upstream, Told]:
        """Who logged in there; Strayed or Failed."""
        state = parameters.get("state", "")
        visit, interaction = await self._visit(code, state, browser)
        async with self._db.read() as connection:
            configured = await self._store.find(connection, code)
        if configured is None or not configured.upstream.enabled:
            raise Failed("no_such_upstream", visit)
        upstream = configured.upstream
        try:
            metadata = await self._providers.metadata(upstream.issuer)
            _check_issuer(parameters, metadata)
            if error := parameters.get("error"):
                raise Failed(error if error in SAID else "upstream_error", visit)
            tokens = await self._redeem(upstream, metadata, parameters.get("code", ""), state)
            expected = self._expected(upstream, state, interaction)
            return visit, upstream, await self._told(upstream, metadata, tokens, expected)
        except (Away, Distrusted) as error:
            raise Failed(error.code, visit) from None
        except Refused as error:
            raise Failed(error.error or "code_refused", visit) from None

    async def _visit(self, code: str, state: str, browser: str) -> tuple[Visit, Interaction | None]:
        """`state` names a way of this browser to this upstream, and can be used once."""
        id_, moment = digest(state), now()
        async with self._db.write() as tx:
            visit = await self._visits.find(tx, id_, "asked", moment)
            if visit is None or not hmac.compare_digest(visit.browser, digest(browser)):
                raise Strayed("state_unknown")
            if not await self._visits.take(tx, id_, "asked"):
                raise Strayed("state_unknown")
            waits = visit.interaction
            interaction = await find_interaction(tx, waits, moment) if waits else None
        if visit.upstream != code:
            raise Failed("mixed_up", visit)
        if waits and interaction is None:
            raise Strayed("request_over")
        return visit, interaction

    async def _redeem(
        self, upstream: Upstream, metadata: Metadata, code: str, state: str
    ) -> dict[str, Any]:
        if not code or len(code) > _LONGEST:
            raise Distrusted("no_code")
        proof, headers = await self._proving(upstream)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": callback_of(self._issuer, upstream.code),
            "code_verifier": verifier_of(self._derived, state),
            **proof,
        }
        tokens = await self._providers.fetching.post(metadata.token_endpoint, form, headers)
        for name in ("id_token", "access_token"):
            if not isinstance(tokens.get(name), str):
                raise Distrusted(f"no_{name}")
        return tokens

    async def _told(
        self,
        upstream: Upstream,
        metadata: Metadata,
        tokens: Mapping[str, Any],
        expected: Expected,
    ) -> Told:
        keys = self._providers.keys
        header, claims = await keys.verify(tokens["id_token"], metadata.jwks_uri)
        check_id_token(claims, expected, tokens["access_token"], str(header["alg"]))
        if not set(upstream.claims.values()) <= claims.keys():
            claims = {**await self._userinfo(metadata, tokens["access_token"], claims), **claims}
        sid = claims.get("sid")
        auth_time = claims.get("auth_time")
        return Told(
            subject=claims["sub"],
            level=upstream.level_of(claims.get("acr")),
            amr=amr_of(claims),
            auth_time=None if auth_time is None else int(auth_time),
            sid=sid if isinstance(sid, str) else None,
            id_token=tokens["id_token"],
            fields=fields_of(upstream, claims, now().date()),
        )

    async def _userinfo(
        self, metadata: Metadata, access_token: str, claims: Mapping[str, Any]
    ) -> dict[str, Any]:
        """OpenID Connect Core, section 5.3.2: believed when it is of the same `sub`."""
        if metadata.userinfo_endpoint is None:
            return {}
        bearer = {"Authorization": f"Bearer {access_token}"}
        told = await self._providers.fetching.get(metadata.userinfo_endpoint, bearer)
        if told.get("sub") != claims["sub"]:
            raise Distrusted("userinfo_of_another")
        return told

    def _expected(
        self, upstream: Upstream, state: str, interaction: Interaction | None
    ) -> Expected:
        request = interaction.request if interaction else None
        fresh = interaction is not None and "login" in interaction.request.prompt
        return Expected(
            issuer=upstream.issuer,
            client_id=upstream.client_id,
            nonce=nonce_of(self._derived, state),
            now=int(now().timestamp()),
            max_age=request.max_age if request else None,
            not_before=int(interaction.asked_at.timestamp()) if interaction and fresh else None,
        )


def _check_issuer(parameters: Mapping[str, str], metadata: Metadata) -> None:
    """RFC 9207: who answers says who he is, against mix-up."""
    told = parameters.get("iss")
    if told is None and not metadata.tells_issuer:
        return
    if told != metadata.issuer:
        raise Distrusted("mixed_up")
