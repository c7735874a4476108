"""What people allowed third-party clients: one consent for each person and client."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Row, Table, UniqueConstraint, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.store.metadata import metadata
from shared.db import Document, Key, UTCDateTime

consents = Table(
    "consents",
    metadata,
    Column("id", Key(40), primary_key=True),
    Column("person", Key(40), nullable=False),
    Column("client", Key(64), nullable=False, index=True),
    Column("scopes", Document(), nullable=False),
    Column("claims", Document(), nullable=False),
    Column("given_at", UTCDateTime, nullable=False),
    Column("changed_at", UTCDateTime, nullable=False),
    UniqueConstraint("person", "client"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What a person allowed a client; `claims` as `domain.claims.disclosed` writes them."""

    id: str
    person: str
    client: str
    scopes: frozenset[str]
    claims: frozenset[str]
    given_at: datetime
    changed_at: datetime

    def covers(self, scopes: Collection[str], claims: Collection[str]) -> bool:
        """Whether nothing new is asked; who may see a number whole may see it covered."""
        allowed = self.claims | {claim.removesuffix(":whole") for claim in self.claims}
        return self.scopes.issuperset(scopes) and allowed.issuperset(claims)


async def find_consent(connection: AsyncConnection, person: str, client: str) -> Consent | None:
    """What this person allowed this client."""
    query = select(consents).where(consents.c.person == person, consents.c.client == client)
    row = (await connection.execute(query)).first()
    return None if row is None else _read(row)


async def consents_of(connection: AsyncConnection, person: str) -> list[Consent]:
    """Everything that a person allowed, oldest first."""
    query = select(consents).where(consents.c.person == person).order_by(consents.c.id)
    return [_read(row) for row in await connection.execute(query)]


async def lock_consent(tx: AsyncConnection, person: str, client: str) -> Consent | None:
    """The same as `find_consent`; nobody else changes it until the transaction ends."""
    query = select(consents).where(consents.c.person == person, consents.c.client == client)
    row = (await tx.execute(query.with_for_update())).first()
    return None if row is None else _read(row)


async def put_consent(tx: AsyncConnection, consent: Consent) -> None:
    """Store a consent, or what it has become."""
    values = {
        "scopes": sorted(consent.scopes),
        "claims": sorted(consent.claims),
        "changed_at": consent.changed_at,
    }
    changed = update(consents).where(consents.c.id == consent.id).values(values)
    if not (await tx.execute(changed)).rowcount:
        made = {"id": consent.id, "person": consent.person, "client": consent.client}
        await tx.execute(insert(consents).values(given_at=consent.given_at, **made, **values))


async def drop_consent(tx: AsyncConnection, person: str, id_: str) -> str | None:
    """Forget a consent of this person; gives its client, None when there is no such consent."""
    mine = (consents.c.id == id_) & (consents.c.person == person)
    client: str | None = await tx.scalar(select(consents.c.client).where(mine).with_for_update())
    if client is not None:
        await tx.execute(delete(consents).where(mine))
    return client


async def drop_consents_of(tx: AsyncConnection, person: str) -> None:
    """Forget all that a person allowed, when the account is closed."""
    await tx.execute(delete(consents).where(consents.c.person == person))


def _read(row: Row[Any]) -> Consent:
    return Consent(
        id=row.id,
        person=row.person,
        client=row.client,
        scopes=frozenset(row.scopes),
        claims=frozenset(row.claims),
        given_at=row.given_at,
        changed_at=row.changed_at,
    )
