"""Revoking a token that its client no longer needs."""

from datetime import UTC, datetime

from services.identity.commands.records import Records
from services.identity.commands.secrets import digest
from services.identity.domain.clients import Client
from services.identity.store import grants, tokens
from shared.auth import InvalidToken, Verifier
from shared.clock import now
from shared.db import Database


async def revoke(
    db: Database, records: Records, verifier: Verifier, client: Client, token: str
) -> None:
    """A refresh token ends its whole family, an access token only itself; others' are left."""
    async with db.write() as tx:
        held = await tokens.grant_of_refresh_token(tx, digest(token))
        grant = await grants.lock_grant(tx, held) if held else None
        if grant is not None:
            if grant.client == client.id:
                await records.revoke_grant(tx, grant.id, now())
            return
    try:
        subject = await verifier.verify(token)
    except InvalidToken:
        return
    if subject.client_id == client.id:
        async with db.write() as tx:
            ends = datetime.fromtimestamp(subject.expires_at, UTC)
            await records.revoke_token(tx, subject.token_id, ends)
