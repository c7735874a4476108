"""Writing a call down: row, evidence, access log, event and sealed values, or nothing at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import rfc8785
from sqlalchemy.ext.asyncio import AsyncConnection

from services.exchange import events
from services.exchange.domain import Asked, Consumer, Outcome, Resource
from services.exchange.policy import consumer_of
from services.exchange.store import Answers, CallRow, Calls, Vault
from shared.access import AccessLog
from shared.auth import Subject
from shared.events import Outbox
from shared.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Ended:
    """A call that is over, as it is written down."""

    id: str
    at: datetime
    subject: Subject
    resource: Resource
    asked: Asked
    outcome: Outcome
    latency_ms: int
    basis: str
    permit: str | None = None
    reason: str | None = None
    values: Mapping[str, Any] | None = None
    as_of: datetime | None = None

    @property
    def consumer(self) -> Consumer:
        """Who asked."""
        return consumer_of(self.subject)


class Journal:
    """Writes calls in the caller's transaction."""

    def __init__(
        self,
        evidence: Evidence,
        access: AccessLog,
        outbox: Outbox,
        vault: Vault,
        kept: timedelta,
    ) -> None:
        """`kept`: how long the values of an answer can be read again."""
        self._evidence = evidence
        self._access = access
        self._outbox = outbox
        self._vault = vault
        self._kept = kept

    async def write(self, tx: AsyncConnection, call: Ended) -> None:
        """Write one call; when any part cannot be written, the answer must not be given."""
        row = _row(call, await self._prove(tx, call))
        await Calls(tx).add(row)
        await self._access.record(
            tx,
            call.subject,
            call.asked.party.id,
            fields=call.asked.fields,
            purpose=call.asked.purpose,
            basis=f"{call.outcome}: {call.basis}",
            case=call.asked.case,
        )
        if call.values is not None:
            sealed = self._vault.seal(call.id, call.values)
            await Answers(tx).keep(call.id, row.party, sealed, call.at + self._kept)
        await self._outbox.add(tx, _event(call), subject=call.id, sequence=1)

    async def _prove(self, tx: AsyncConnection, call: Ended) -> str:
        answer = None if call.values is None else rfc8785.dumps(dict(call.values)).decode()
        subject = call.subject
        return await self._evidence.record(
            tx,
            act="data.call",
            subject=call.id,
            actor={"sub": subject.sub, "client": subject.client_id, "act": list(subject.act)},
            facts=_facts(call),
            personal=None if answer is None else {"answer": answer},
            person=call.asked.party.id,
        )


def _facts(call: Ended) -> dict[str, Any]:
    asked, consumer = call.asked, call.consumer
    return {
        "resource": call.resource.code,
        "version": call.resource.version,
        "owner": call.resource.owner,
        "client": consumer.client,
        "department": consumer.department,
        "party": {"type": asked.party.type, "id": asked.party.id},
        "item": asked.item,
        "case": asked.case,
        "purpose": asked.purpose,
        "permit": call.permit,
        "basis": call.basis,
        "fields": list(asked.fields),
        "outcome": call.outcome.value,
        "reason": call.reason,
        "latency_ms": call.latency_ms,
    }


def _row(call: Ended, evidence: str) -> CallRow:
    asked, consumer = call.asked, call.consumer
    return CallRow(
        id=call.id,
        at=call.at,
        resource=call.resource.code,
        resource_version=call.resource.version,
        owner=call.resource.owner,
        client=consumer.client,
        department=consumer.department,
        caller=call.subject.sub,
        party_type=asked.party.type,
        party=asked.party.id,
        item=asked.item,
        case_number=asked.case,
        purpose=asked.purpose,
        permit=call.permit,
        basis=call.basis,
        fields=list(asked.fields),
        outcome=call.outcome.value,
        reason=call.reason,
        latency_ms=call.latency_ms,
        as_of=call.as_of,
        evidence=evidence,
    )


def _event(call: Ended) -> events.DataCalled:
    asked, consumer = call.asked, call.consumer
    return events.DataCalled(
        call=call.id,
        resource=call.resource.code,
        owner=call.resource.owner,
        client=consumer.client,
        department=consumer.department,
        party=events.Party(type=asked.party.type, id=asked.party.id),
        item=asked.item,
        case=asked.case,
        purpose=asked.purpose,
        permit=call.permit,
        fields=list(asked.fields),
        outcome=call.outcome.value,
        reason=call.reason,
    )
