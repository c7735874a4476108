"""Resources and their versions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.exchange.domain import Resource
from services.exchange.store.definitions import resource_of
from services.exchange.store.tables import resource_versions, resources


class Resources:
    """The resources of one connection or transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def find(self, code: str) -> Resource | None:
        """A resource in its present version."""
        found = select(resources).where(resources.c.code == code)
        row = (await self._connection.execute(found)).one_or_none()
        return None if row is None else _resource(row)

    async def locked(self, code: str) -> Row[Any] | None:
        """The row of a resource that is about to change."""
        found = select(resources).where(resources.c.code == code).with_for_update()
        return (await self._connection.execute(found)).one_or_none()

    async def page(self, after: str, limit: int, owner: str | None = None) -> list[Resource]:
        """Resources in the order of their codes."""
        rows = select(resources).where(resources.c.code > after)
        if owner is not None:
            rows = rows.where(resources.c.owner == owner)
        page = await self._connection.execute(rows.order_by(resources.c.code).limit(limit))
        return [_resource(row) for row in page]

    async def save(
        self,
        code: str,
        version: int,
        definition: Mapping[str, Any],
        digest: str,
        *,
        by: str,
        at: datetime,
    ) -> None:
        """Store a new version as the present one."""
        row = {
            "owner": definition["owner"],
            "version": version,
            "definition": definition,
            "digest": digest,
            "changed_at": at,
            "changed_by": by,
        }
        if version == 1:
            await self._connection.execute(insert(resources).values(code=code, **row))
        else:
            change = update(resources).where(resources.c.code == code).values(**row)
            await self._connection.execute(change)
        kept = {"definition": definition, "published_at": at, "published_by": by}
        await self._connection.execute(
            insert(resource_versions).values(code=code, version=version, **kept)
        )

    async def mark_loaded(self, code: str, digest: str) -> None:
        """Remember which definition a file gave, so that it is not loaded over a later one."""
        change = update(resources).where(resources.c.code == code).values(loaded=digest)
        await self._connection.execute(change)


def _resource(row: Row[Any]) -> Resource:
    return resource_of(row.code, row.version, row.definition)
