"""Registering client systems: by themselves (RFC 7591), or by whoever sets the platform up."""

from collections.abc import Mapping
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.commands.known_clients import KnownClients
from services.identity.commands.records import Records
from services.identity.commands.secrets import digest, new_secret
from services.identity.domain.clients import Client
from services.identity.domain.errors import NotAllowed
from services.identity.domain.oauth import InvalidClientMetadata, InvalidToken
from services.identity.events import ClientRegistered
from services.identity.store import clients
from shared.clock import now
from shared.db import Database
from shared.ids import new_id


class Registration:
    """The acts of registration."""

    def __init__(self, db: Database, records: Records, known: KnownClients) -> None:
        """`known`: forgets what it knew of a client that changes."""
        self._db = db
        self._known = known
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
            new = await self._put(tx, client, actor)
        self._known.forget(client.id)
        return new

    async def register_system(self, client: Client, actor: str, *, renew: bool) -> None:
        """Store the client of a department's system; `renew`: instead of one with this id."""
        async with self._db.write() as tx:
            known = await clients.find_client(tx, client.id)
            if known is not None and (known.platform or not renew):
                raise NotAllowed(
                    f"{client.id} 已登记；要换密钥或权限，加 --renew。",
                    f"{client.id} is registered already: --renew gives it other keys or scopes.",
                )
            await self._put(tx, client, actor)
        self._known.forget(client.id)

    async def _put(self, tx: AsyncConnection, client: Client, actor: str) -> bool:
        if not await clients.put_client(tx, client, now()):
            return False
        event = ClientRegistered(
            client=client.id,
            department=client.department,
            region=client.region,
            scopes=sorted(client.own_scopes),
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


def check_keys(key_set: Mapping[str, Any] | None) -> None:
    """Each key must be a point on its curve, or no assertion could ever be verified."""
    try:
        for key in (key_set or {}).get("keys", []):
            ECKey.import_key(key).public_key  # noqa: B018 - the point is checked when it is built
    except (JoseError, ValueError, TypeError):
        raise InvalidClientMetadata("a key in jwks is not a valid EC key on P-256") from None
