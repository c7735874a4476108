"""Redeeming an authorization code, and going on with a refresh token."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.commands.issuing import Issuer, Tokens, TokenWriter
from services.identity.commands.personal_claims import PersonalClaims
from services.identity.commands.records import Records
from services.identity.commands.secrets import Derived, digest, new_secret
from services.identity.domain.binding import BEARER, Binding
from services.identity.domain.claims import one_by_one
from services.identity.domain.clients import REFRESH_TOKEN, Client
from services.identity.domain.grants import Code, Grant, RefreshToken
from services.identity.domain.oauth import InvalidGrant, InvalidScope, InvalidTarget
from services.identity.domain.pkce import check_verifier
from services.identity.domain.targets import aim
from services.identity.store import grants, logins, tokens
from services.identity.store.standing import Fallen, standing, still_open
from shared.clock import now
from shared.db import Database


class Redeem:
    """Tokens for a code or a refresh token, both of them good once."""

    def __init__(
        self,
        db: Database,
        personal: PersonalClaims,
        issuer: Issuer,
        records: Records,
        derived: Derived,
        *,
        base: str,
        grace: timedelta,
        refresh_life: timedelta,
    ) -> None:
        """`grace`: for how long a second use of a refresh token gets the same successor."""
        self._db = db
        self._personal = personal
        self._issuer = issuer
        self._records = records
        self._derived = derived
        self._base = base
        self._grace = grace
        self._refresh_life = refresh_life

    async def code(
        self,
        client: Client,
        code: str,
        redirect_uri: str | None,
        verifier: str | None,
        resources: Sequence[str] = (),
        binding: Binding = BEARER,
    ) -> Tokens:
        """The first tokens of a grant; using a code twice revokes what came of it."""
        moment, writer = now(), await self._issuer.writer()
        async with self._db.write() as tx:
            found = await grants.lock_code(tx, digest(code))
            reused = found is not None and found.client == client.id and found.used_at is not None
            if found is None or found.client != client.id:
                raise InvalidGrant("the code is not valid for this client")
            if reused:
                await self._reuse(tx, found.grant, moment)
            else:
                _check_code(found, redirect_uri, verifier, moment)
                _check_promised_key(found, binding)
                await grants.use_code(tx, digest(code), moment)
                return await self.first_tokens(
                    tx, writer, client, found.grant, resources, moment, binding
                )
        raise InvalidGrant("the code was used before; what it gave is revoked")

    async def refresh(
        self,
        client: Client,
        token: str,
        scopes: frozenset[str] | None,
        resources: Sequence[str] = (),
        binding: Binding = BEARER,
    ) -> Tokens:
        """The next tokens of a grant; using a refresh token twice ends the family."""
        moment, writer = now(), await self._issuer.writer()
        async with self._db.write() as tx:
            held = await tokens.grant_of_refresh_token(tx, digest(token))
            grant = await grants.lock_grant(tx, held) if held else None
            found = await tokens.lock_refresh_token(tx, digest(token))
            if found is None or grant is None or grant.client != client.id:
                raise InvalidGrant("the refresh token is not valid for this client")
            _check_holder(found, binding)
            if await self._reused(tx, found, token, moment):
                await self._reuse(tx, grant.id, moment)
            elif found.expires_at <= moment:
                raise InvalidGrant("the refresh token has expired")
            else:
                if found.used_at is None:
                    await tokens.use_refresh_token(tx, digest(token), moment)
                successor = await self._successor(tx, found, token, moment)
                issued = await self._issue(
                    tx, writer, client, grant, scopes, resources, moment, binding
                )
                return replace(issued, refresh_token=successor)
        raise InvalidGrant("the refresh token was used before; the authorization is revoked")

    async def first_tokens(
        self,
        tx: AsyncConnection,
        writer: TokenWriter,
        client: Client,
        granted: str,
        resources: Sequence[str],
        moment: datetime,
        binding: Binding,
    ) -> Tokens:
        """What a grant that was just made gives to its client."""
        grant = await grants.lock_grant(tx, granted)
        if grant is None:
            raise InvalidGrant("the code is not valid for this client")
        issued = await self._issue(tx, writer, client, grant, None, resources, moment, binding)
        if REFRESH_TOKEN not in client.grant_types:
            return issued
        first = new_secret()
        # A confidential client proves itself anyway, and may change its key.
        bound_to = binding.of_refresh_token if client.auth_method == "none" else None
        until = moment + self._refresh_life
        await self._store(tx, first, grant.id, moment, until, bound_to)
        return replace(issued, refresh_token=first)

    async def _issue(
        self,
        tx: AsyncConnection,
        writer: TokenWriter,
        client: Client,
        grant: Grant,
        asked: frozenset[str] | None,
        resources: Sequence[str],
        moment: datetime,
        binding: Binding,
    ) -> Tokens:
        try:
            stands = await standing(tx, grant, moment)
        except Fallen as fallen:
            raise InvalidGrant(str(fallen)) from None
        if stands.login.stale_at(moment):
            await logins.seen_login(tx, stands.login.id, moment)
        # What the client or the office lost since, the grant does not give back.
        held = await still_open(tx, stands, grant.scopes & client.scopes)
        if asked is not None and not asked <= held:
            raise InvalidScope("more scope than was granted")
        if not set(resources) <= set(grant.audience):
            raise InvalidTarget("the resource was not part of the authorization")
        scopes, reached = aim(asked or held, resources, self._base)
        audience = [one for one in reached if one in grant.audience]
        issued = writer.for_person(grant, stands, scopes, audience, moment, binding=binding)
        await tokens.add_access_token(tx, issued.access_token_id, grant.id, issued.expires_at)
        if "openid" not in scopes:
            return issued
        # Claims that were asked for in the ID token, one by one.
        wanted = one_by_one(grant.claims.id_token, client.scopes)
        personal = await self._personal.within(tx, grant, client, wanted)
        proof = writer.id_token(grant, stands, issued.access_token, moment, personal)
        return replace(issued, id_token=proof)

    async def _reuse(self, tx: AsyncConnection, grant: str, moment: datetime) -> None:
        """Somebody has what only its client should have: everything ends, the person is told."""
        held = await grants.lock_grant(tx, grant)
        if held is not None and held.revoked_at is None:
            await self._records.note(tx, held.person, "token_reuse", moment)
        await self._records.revoke_grant(tx, grant, moment)

    async def _reused(
        self, tx: AsyncConnection, found: RefreshToken, token: str, moment: datetime
    ) -> bool:
        """Used before, unless just now by a second tab and the successor still unused."""
        if found.used_at is None:
            return False
        if moment - found.used_at > self._grace:
            return True
        successor = await tokens.lock_refresh_token(tx, digest(self._next(token)))
        return successor is None or successor.used_at is not None

    async def _successor(
        self, tx: AsyncConnection, found: RefreshToken, token: str, moment: datetime
    ) -> str:
        following = self._next(token)
        if found.used_at is None:
            ends, bound_to = found.expires_at, found.bound_to
            await self._store(tx, following, found.grant, moment, ends, bound_to)
        return following

    def _next(self, token: str) -> str:
        """Derived, not drawn, so that two tabs that refresh at once get the same."""
        return self._derived.value("refresh", token)

    async def _store(
        self,
        tx: AsyncConnection,
        token: str,
        grant: str,
        moment: datetime,
        until: datetime,
        bound_to: str | None,
    ) -> None:
        fresh = RefreshToken(grant=grant, issued_at=moment, expires_at=until, bound_to=bound_to)
        await tokens.add_refresh_token(tx, digest(token), fresh)


def _check_code(
    code: Code, redirect_uri: str | None, verifier: str | None, moment: datetime
) -> None:
    if code.expires_at <= moment:
        raise InvalidGrant("the code has expired")
    if code.redirect_uri != redirect_uri:
        raise InvalidGrant("redirect_uri is not that of the authorization request")
    check_verifier(verifier, code.challenge)


def _check_promised_key(code: Code, binding: Binding) -> None:
    """`dpop_jkt` of the authorization request (RFC 9449, section 10)."""
    if code.dpop_jkt is not None and code.dpop_jkt != binding.key:
        raise InvalidGrant("the code is bound to another key than the proof's")


def _check_holder(token: RefreshToken, binding: Binding) -> None:
    """A thief without the key gets nothing, and cannot end the owner's family by trying."""
    if token.bound_to is not None and token.bound_to != binding.of_refresh_token:
        raise InvalidGrant("the refresh token is bound to a key or certificate that was not proved")
