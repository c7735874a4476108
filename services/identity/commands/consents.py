"""Allowing a third-party client what it asks, and taking it back."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.commands.records import Records
from services.identity.store import consents, grants
from services.identity.store.consents import Consent
from shared.clock import now
from shared.db import Database
from shared.ids import new_id


class Consents:
    """The acts of consent; each leaves its evidence."""

    def __init__(self, db: Database, records: Records) -> None:
        self._db = db
        self._records = records

    async def give(
        self,
        tx: AsyncConnection,
        person: str,
        client: str,
        scopes: frozenset[str],
        claims: frozenset[str],
    ) -> None:
        """Remember it beside what was allowed before."""
        moment = now()
        known = await consents.lock_consent(tx, person, client)
        consent = Consent(
            id=known.id if known else new_id("cns"),
            person=person,
            client=client,
            scopes=scopes | (known.scopes if known else frozenset()),
            claims=claims | (known.claims if known else frozenset()),
            given_at=known.given_at if known else moment,
            changed_at=moment,
        )
        await consents.put_consent(tx, consent)
        facts = {"client": client, "scopes": sorted(scopes), "claims": sorted(claims)}
        await self._records.prove(tx, "give_consent", consent.id, person, facts)

    async def revoke(self, person: str, id_: str) -> bool:
        """Take a consent back, and every token that rests on it; False when there is none."""
        moment = now()
        async with self._db.write() as tx:
            client = await consents.drop_consent(tx, person, id_)
            if client is None:
                return False
            for grant in await grants.open_grants_for(tx, person, client):
                await self._records.revoke_grant(tx, grant, moment)
            await self._records.prove(tx, "revoke_consent", id_, person, {"client": client})
        return True
