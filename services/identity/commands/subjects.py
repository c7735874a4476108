"""What a client is told of who somebody is (OpenID Connect Core, section 8)."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.commands.secrets import Derived
from services.identity.domain.clients import Client
from services.identity.store import subjects


class Subjects:
    """Systems of the government know a person by his id; a third party by a name for its sector.

    The name is a keyed hash, which nobody turns back, and is stored when it is first told: so it
    stays the same when the key is renewed.
    """

    def __init__(self, derived: Derived) -> None:
        self._derived = derived

    async def tell(self, tx: AsyncConnection, client: Client, person: str) -> str:
        """The `sub` for this client from now on."""
        if (known := await self.known(tx, client, person)) is not None:
            return known
        sector = client.sector or client.id
        name = f"pws_{self._derived.value('pairwise', sector, person)}"
        await subjects.put_subject(tx, name, person, sector)
        return name

    async def known(self, connection: AsyncConnection, client: Client, person: str) -> str | None:
        """The `sub` that this client was told; None when it never was."""
        return await told_subject(connection, client, person)


async def told_subject(connection: AsyncConnection, client: Client, person: str) -> str | None:
    """The `sub` by which this client knows the person, if it does."""
    if not client.third_party:
        return person
    return await subjects.find_subject(connection, person, client.sector or client.id)
