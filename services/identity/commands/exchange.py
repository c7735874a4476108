"""Token exchange (RFC 8693): one of our services acts for the person who called it."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.commands.issuing import Actor, Issuer, Tokens
from services.identity.domain.binding import Binding
from services.identity.domain.clients import Client
from services.identity.domain.grants import Grant
from services.identity.domain.oauth import InvalidGrant, InvalidScope
from services.identity.domain.targets import address, aim
from services.identity.store import grants, tokens
from services.identity.store.standing import Fallen, Standing, standing, still_open
from shared.auth import InvalidToken, KeysUnavailable, Subject, Verifier
from shared.clock import now
from shared.db import Database

_LONGEST_CHAIN = 4


class Exchange:
    """The act of exchanging; the new token never allows more, and never lives longer."""

    def __init__(self, db: Database, issuer: Issuer, verifier: Verifier, base: str) -> None:
        self._db = db
        self._issuer = issuer
        self._verifier = verifier
        self._base = base

    async def __call__(
        self,
        client: Client,
        subject_token: str,
        asked: frozenset[str] | None,
        audience: Sequence[str],
        binding: Binding,
    ) -> Tokens:
        """A token for `audience` with this client in `act`."""
        subject = await self._subject(client, subject_token, binding)
        candidates = _down_scoped(client, subject, asked)
        scopes, targets = aim(candidates, audience, self._base)
        actor = Actor(client.id, subject.act, datetime.fromtimestamp(subject.expires_at, UTC))
        moment, writer = now(), await self._issuer.writer()
        async with self._db.write() as tx:
            grant, stands = await self._stands(tx, subject, moment)
            scopes = await still_open(tx, stands, scopes)
            issued = writer.for_person(
                grant, stands, scopes, targets, moment, binding=binding, actor=actor
            )
            await tokens.add_access_token(tx, issued.access_token_id, grant.id, issued.expires_at)
        return issued

    async def _subject(self, client: Client, token: str, binding: Binding) -> Subject:
        try:
            subject = await self._verifier.verify(token)
        except KeysUnavailable:
            raise
        except InvalidToken as refusal:
            raise InvalidGrant(f"the subject token is refused: {refusal.detail}") from None
        if not subject.is_person:
            raise InvalidGrant("the subject token is not a person's")
        meant_for_client = address(self._base, client.id) in subject.audiences
        if subject.client_id != client.id and not meant_for_client:
            raise InvalidGrant("the subject token was neither issued to this client nor sent to it")
        if subject.client_id == client.id:
            _check_held(subject, binding)
        if len(subject.act) >= _LONGEST_CHAIN:
            raise InvalidGrant(f"a chain of services is {_LONGEST_CHAIN} long at most")
        return subject

    async def _stands(
        self, tx: AsyncConnection, subject: Subject, moment: datetime
    ) -> tuple[Grant, Standing]:
        known = await tokens.grant_of(tx, subject.token_id)
        grant = await grants.lock_grant(tx, known, shared=True) if known else None
        if grant is None or await tokens.is_revoked(tx, subject.token_id):
            raise InvalidGrant("the subject token was revoked")
        try:
            return grant, await standing(tx, grant, moment)
        except Fallen as fallen:
            raise InvalidGrant(f"the subject token no longer holds: {fallen}") from None


def _check_held(subject: Subject, binding: Binding) -> None:
    """Whose own token is bound proves it here too; a service it was sent to has seen the proof."""
    if subject.bound_key not in (None, binding.key):
        raise InvalidGrant("the subject token is bound to a key that was not proved")
    if subject.bound_certificate not in (None, binding.certificate):
        raise InvalidGrant("the subject token is bound to another certificate")


def _down_scoped(client: Client, subject: Subject, asked: frozenset[str] | None) -> frozenset[str]:
    """Within what the subject's token allows and what the client may do for others."""
    allowed = subject.scopes & client.scopes
    if asked is None:
        return allowed
    if not asked <= allowed:
        raise InvalidScope("more scope than the subject's token and the client's registration have")
    # An office goes along: who is asked must see that it is the desk that asks.
    return asked | (allowed & {"staff"})
