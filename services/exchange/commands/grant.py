"""Grant a permit, and revoke it at once."""

import hashlib
from typing import Any

import rfc8785
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from services.exchange.commands.definitions import PermitIn
from services.exchange.commands.problems import PermitNotFound
from services.exchange.domain import Resource, Sharing
from services.exchange.events import PermitGranted, PermitRevoked
from services.exchange.store import Permits
from shared.clock import now
from shared.events import Outbox
from shared.evidence import Evidence
from shared.ids import new_id
from shared.web import InvalidFields, Text
from shared.web.problems import Conflict


class Granting:
    """Grants and revokes in the caller's transaction."""

    def __init__(self, outbox: Outbox, evidence: Evidence) -> None:
        self._outbox = outbox
        self._evidence = evidence

    async def grant(
        self, tx: AsyncConnection, given: PermitIn, resource: Resource, actor: str
    ) -> Row[Any]:
        """Store a permit on the resource and tell of it."""
        _require_grantable(given, resource)
        permit_id = new_id("prm")
        content = _content(given)
        row = {
            **content,
            "id": permit_id,
            "owner": resource.owner,
            "valid_from": given.valid_from,
            "valid_until": given.valid_until,
            "granted_at": now(),
            "granted_by": actor,
            "digest": permit_digest(given),
        }
        await Permits(tx).add(row)
        told = {name: value for name, value in content.items() if name != "legal_basis"}
        event = PermitGranted(permit=permit_id, owner=resource.owner, **told)
        await self._outbox.add(tx, event, subject=permit_id, sequence=1)
        await self._evidence.record(
            tx, act="permit.grant", subject=permit_id, actor=actor, facts=content
        )
        return await _present(tx, permit_id)

    async def revoke(
        self, tx: AsyncConnection, permit: Row[Any], ground: str, actor: str
    ) -> Row[Any]:
        """End a permit; calls that begin after this commit do not rest on it."""
        if permit.revoked:
            raise Conflict(Text("这个授权已经撤销。", "This permit is revoked already."))
        await Permits(tx).revoke(permit.id, by=actor, at=now(), ground=ground)
        event = PermitRevoked(
            permit=permit.id,
            resource=permit.resource,
            owner=permit.owner,
            client=permit.client,
            department=permit.department,
        )
        await self._outbox.add(tx, event, subject=permit.id, sequence=permit.version + 1)
        facts = {"resource": permit.resource, "version": permit.version + 1}
        await self._evidence.record(
            tx, act="permit.revoke", subject=permit.id, actor=actor, facts=facts
        )
        return await _present(tx, permit.id)


def permit_digest(given: PermitIn) -> str:
    """What tells two permits apart."""
    return hashlib.sha256(rfc8785.dumps(_content(given))).hexdigest()


def no_permit(permit_id: str) -> PermitNotFound:
    """The id names nothing."""
    return PermitNotFound(
        Text(f"没有编号为 {permit_id} 的授权。", f"No permit has the id {permit_id}.")
    )


async def _present(tx: AsyncConnection, permit_id: str) -> Row[Any]:
    row = await Permits(tx).locked(permit_id)
    if row is None:
        raise no_permit(permit_id)
    return row


def _content(given: PermitIn) -> dict[str, Any]:
    return {
        "resource": given.resource,
        "client": given.consumer.client,
        "department": given.consumer.department,
        "items": sorted(set(given.items)),
        "purposes": sorted(set(given.purposes)),
        "fields": sorted(set(given.fields)),
        "valid_from": given.valid_from.isoformat(),
        "valid_until": given.valid_until.isoformat(),
        "legal_basis": given.legal_basis,
    }


def _require_grantable(given: PermitIn, resource: Resource) -> None:
    if resource.sharing is Sharing.NONE:
        raise Conflict(
            Text(
                f"{resource.name} 不予共享：{resource.legal_basis}",
                f"{resource.code} is not shared: {resource.legal_basis}",
            )
        )
    if unknown := resource.unknown(given.fields):
        raise InvalidFields(
            [
                {"pointer": "/fields", "detail": f"{name}: 没有这个字段 (unknown field)"}
                for name in unknown
            ]
        )
