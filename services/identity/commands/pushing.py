"""Pushed authorization requests (RFC 9126): kept for their client, for a minute, for one use."""

from collections.abc import Sequence
from datetime import timedelta

from services.identity.commands.secrets import digest, new_secret
from services.identity.domain.clients import Client
from services.identity.domain.oauth import InvalidRequest
from services.identity.store.pushed_requests import PushedRequests
from shared.clock import now
from shared.db import Database

LIFETIME = timedelta(seconds=60)
PREFIX = "urn:ietf:params:oauth:request_uri:"
_LONGEST = 200


class Pushing:
    """Keeps requests, and gives them back."""

    def __init__(self, db: Database, store: PushedRequests) -> None:
        self._db = db
        self._store = store

    async def push(self, client: Client, pairs: Sequence[tuple[str, str]]) -> str:
        """Keep a checked request; gives its `request_uri`."""
        secret = new_secret()
        async with self._db.write() as tx:
            await self._store.add(tx, digest(secret), client.id, pairs, now() + LIFETIME)
        return f"{PREFIX}{secret}"

    async def take(self, client: Client, request_uri: str) -> list[tuple[str, str]]:
        """The request of this reference, which is used up by it."""
        secret = request_uri.removeprefix(PREFIX)[:_LONGEST]
        async with self._db.write() as tx:
            pairs = await self._store.take(tx, digest(secret), client.id, now())
        if pairs is None:
            raise InvalidRequest("request_uri is not this client's, was used, or is too old")
        return pairs
