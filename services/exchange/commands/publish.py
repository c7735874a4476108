"""Publish a resource or its next version; the same again changes nothing."""

import hashlib

import rfc8785
from sqlalchemy.ext.asyncio import AsyncConnection

from services.exchange.commands.definitions import ResourceIn
from services.exchange.domain import Resource
from services.exchange.events import ResourcePublished
from services.exchange.store import Resources
from services.exchange.store.definitions import resource_of
from shared.clock import now
from shared.events import Outbox
from shared.evidence import Evidence
from shared.web import Text, require_version
from shared.web.problems import Conflict


class Publishing:
    """Publishes in the caller's transaction."""

    def __init__(self, outbox: Outbox, evidence: Evidence) -> None:
        self._outbox = outbox
        self._evidence = evidence

    async def resource(
        self, tx: AsyncConnection, given: ResourceIn, actor: str, expected: int | None = None
    ) -> Resource:
        """The resource as it is published now; `expected`: the version that the editor saw."""
        definition = given.model_dump(mode="json", exclude={"code"})
        digest = digest_of(given)
        old = await Resources(tx).locked(given.code)
        if old is not None:
            require_version(expected, old.version, by=old.changed_by, at=old.changed_at)
            _require_owner(old.owner, given)
            if old.digest == digest:
                return resource_of(given.code, old.version, old.definition)
        version = old.version + 1 if old is not None else 1
        moment = now()
        await Resources(tx).save(given.code, version, definition, digest, by=actor, at=moment)
        event = ResourcePublished(
            code=given.code, owner=given.owner, version=version, sharing=given.sharing.value
        )
        await self._outbox.add(tx, event, subject=given.code, sequence=version)
        facts = {"version": version, "digest": digest}
        await self._evidence.record(
            tx, act="resource.publish", subject=given.code, actor=actor, facts=facts
        )
        return resource_of(given.code, version, definition)


def digest_of(given: ResourceIn) -> str:
    """What tells two definitions apart."""
    return hashlib.sha256(rfc8785.dumps(given.model_dump(mode="json"))).hexdigest()


def _require_owner(owner: str, given: ResourceIn) -> None:
    if owner != given.owner:
        raise Conflict(
            Text(
                f"数据资源 {given.code} 由另一部门提供。",
                f"The resource {given.code} is provided by another department.",
            )
        )
