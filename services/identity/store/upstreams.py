"""Upstream providers as they are configured, and who is known by which account there."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    Row,
    Table,
    UniqueConstraint,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.domain.upstreams import Upstream
from services.identity.store.metadata import metadata
from shared.crypto import FieldCipher, Keyring
from shared.db import Document, Key, UTCDateTime
from shared.ids import new_id

upstreams = Table(
    "upstreams",
    metadata,
    Column("code", Key(32), primary_key=True),
    Column("definition", Document(), nullable=False),
    Column("secret", LargeBinary),
    Column("version", Integer, nullable=False),
    Column("changed_by", Key(64), nullable=False),
    Column("changed_at", UTCDateTime, nullable=False),
)

upstream_links = Table(
    "upstream_links",
    metadata,
    Column("id", Key(40), primary_key=True),
    Column("upstream", Key(32), ForeignKey("upstreams.code"), nullable=False),
    Column("subject", LargeBinary, nullable=False),
    Column("subject_index", Key(48), nullable=False),
    Column("person", Key(40), ForeignKey("people.id"), nullable=False, index=True),
    Column("linked_at", UTCDateTime, nullable=False),
    Column("used_at", UTCDateTime, nullable=False),
    UniqueConstraint("upstream", "subject_index"),
    UniqueConstraint("upstream", "person", name="uq_upstream_links_upstream_person"),
)


@dataclass(frozen=True, slots=True)
class Configured:
    """An upstream as it stands: which version of it, and who made it so."""

    upstream: Upstream
    version: int
    changed_by: str
    changed_at: datetime
    has_secret: bool


@dataclass(frozen=True, slots=True)
class Link:
    """A person is who logs in at an upstream by one account of it."""

    id: str
    upstream: str
    person: str
    linked_at: datetime
    used_at: datetime


class Upstreams:
    """The records of federation; secrets and subjects are sealed."""

    def __init__(self, keyring: Callable[[], Keyring]) -> None:
        """`keyring` is asked for when the first field is sealed or opened."""
        self._keyring = keyring

    @cached_property
    def _own(self) -> FieldCipher:
        return FieldCipher(self._keyring(), "upstreams")

    @cached_property
    def _links(self) -> FieldCipher:
        return FieldCipher(self._keyring(), "upstream_links")

    async def all(self, connection: AsyncConnection) -> list[Configured]:
        """Every upstream by its code."""
        rows = await connection.execute(select(upstreams).order_by(upstreams.c.code))
        return [_configured(row) for row in rows]

    async def find(
        self, connection: AsyncConnection, code: str, *, lock: bool = False
    ) -> Configured | None:
        """The upstream with this code."""
        query = select(upstreams).where(upstreams.c.code == code)
        row = (await connection.execute(query.with_for_update() if lock else query)).first()
        return None if row is None else _configured(row)

    async def secret(self, connection: AsyncConnection, code: str) -> str | None:
        """By what we prove ourselves there, if not by our key."""
        query = select(upstreams.c.secret).where(upstreams.c.code == code)
        sealed = await connection.scalar(query)
        return None if sealed is None else self._own.open("secret", code, sealed)

    async def put(
        self, tx: AsyncConnection, upstream: Upstream, secret: str | None, by: str, at: datetime
    ) -> None:
        """Store a definition anew; without a secret the stored one stays."""
        values: dict[str, Any] = {
            "definition": asdict(upstream),
            "changed_by": by,
            "changed_at": at,
        }
        if secret is not None:
            values["secret"] = self._own.seal("secret", upstream.code, secret)
        version = upstreams.c.version + 1
        known = update(upstreams).where(upstreams.c.code == upstream.code)
        if not (await tx.execute(known.values(version=version, **values))).rowcount:
            await tx.execute(insert(upstreams).values(code=upstream.code, version=1, **values))

    async def linked(self, connection: AsyncConnection, upstream: str, subject: str) -> Link | None:
        """Whose account there this is."""
        indexes = self._links.indexes("subject", f"{upstream} {subject}")
        query = select(upstream_links).where(
            upstream_links.c.upstream == upstream, upstream_links.c.subject_index.in_(indexes)
        )
        row = (await connection.execute(query)).first()
        return None if row is None else _link(row)

    async def links_of(self, connection: AsyncConnection, person: str) -> list[Link]:
        """The accounts elsewhere by which a person logs in here."""
        query = select(upstream_links).where(upstream_links.c.person == person)
        rows = await connection.execute(query.order_by(upstream_links.c.id))
        return [_link(row) for row in rows]

    async def link(
        self, tx: AsyncConnection, upstream: str, subject: str, person: str, at: datetime
    ) -> None:
        """From now on this account there is this person."""
        id_, known = new_id("lnk"), f"{upstream} {subject}"
        await tx.execute(
            insert(upstream_links).values(
                id=id_,
                upstream=upstream,
                subject=self._links.seal("subject", id_, known),
                subject_index=self._links.index("subject", known),
                person=person,
                linked_at=at,
                used_at=at,
            )
        )

    async def used(self, tx: AsyncConnection, link: str, at: datetime) -> None:
        """Remember the last login by it."""
        await tx.execute(
            update(upstream_links).where(upstream_links.c.id == link).values(used_at=at)
        )

    async def unlink(self, tx: AsyncConnection, link: str, person: str) -> Link | None:
        """Forget a link of this person; gives what was forgotten."""
        mine = (upstream_links.c.id == link, upstream_links.c.person == person)
        row = (await tx.execute(select(upstream_links).where(*mine).with_for_update())).first()
        if row is None:
            return None
        await tx.execute(delete(upstream_links).where(*mine))
        return _link(row)


def _configured(row: Row[Any]) -> Configured:
    definition = {**row.definition, "scopes": tuple(row.definition["scopes"])}
    return Configured(
        Upstream(**definition),
        row.version,
        row.changed_by,
        row.changed_at,
        row.secret is not None,
    )


def _link(row: Row[Any]) -> Link:
    return Link(row.id, row.upstream, row.person, row.linked_at, row.used_at)
