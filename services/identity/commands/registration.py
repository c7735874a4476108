"""Registering client systems: by themselves (RFC 7591), or by whoever sets the platform up."""

from services.identity.commands.records import Records
from services.identity.commands.secrets import digest, new_secret
from services.identity.domain.clients import Client
from services.identity.domain.oauth import InvalidToken
from services.identity.events import ClientRegistered
from services.identity.store import clients
from shared.clock import now
from shared.db import Database
from shared.ids import new_id


class Registration:
    """The acts of registration."""

    def __init__(self, db: Database, records: Records) -> None:
        self._db = db
        self._records = records

    async def allowed_scopes(self, initial_token: str) -> frozenset[str]:
        """What a client registered with this initial access token may ask for."""
        async with self._db.read() as connection:
            scopes = await clients.initial_scopes(connection, digest(initial_token), now())
        if scopes is None:
            raise InvalidToken("the initial access token is not valid")
        return scopes

    async def register(self, client: Client, actor: str) -> bool:
        """Store a client with its evidence; False when nothing was new."""
        async with self._db.write() as tx:
            if not await clients.put_client(tx, client, now()):
                return False
            event = ClientRegistered(
                client=client.id, department=client.department, region=client.region
            )
            await self._records.tell(tx, clients.clients, client.id, event)
            facts = {
                "auth_method": client.auth_method,
                "grant_types": sorted(client.grant_types),
                "redirect_uris": list(client.redirect_uris),
                "scopes": sorted(client.scopes),
                "own_scopes": sorted(client.own_scopes),
            }
            await self._records.prove(tx, "register_client", client.id, actor, facts)
        return True

    async def put_initial_token(self, token: str, scopes: frozenset[str]) -> None:
        """Make an initial access token good."""
        async with self._db.write() as tx:
            await clients.put_initial_token(tx, digest(token), scopes, now())


def new_client_id() -> str:
    """The id of a client that registers itself."""
    return new_id("cli")


def new_client_secret() -> tuple[str, str]:
    """A secret, shown once, and what is stored of it."""
    secret = new_secret()
    return secret, digest(secret)
