"""Ask a department: decide, look up, check the answer, write it down, and only then give it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NoReturn

import structlog

from services.exchange.clients import (
    Identity,
    IdentityUnavailable,
    Record,
    SourceBroken,
    Sources,
    SourceUnavailable,
)
from services.exchange.commands.journal import Ended, Journal
from services.exchange.commands.problems import (
    NoRecord,
    SourceAnsweredWrongly,
    SourceAway,
    no_resource,
)
from services.exchange.domain import (
    Asked,
    Case,
    Outcome,
    Permit,
    Refusal,
    Resource,
    Unfit,
    choose,
    fit,
)
from services.exchange.policy import Question, consumer_of, policy
from services.exchange.store import Cases, Permits, Resources
from shared.auth import Subject
from shared.clock import now, today
from shared.db import Database
from shared.ids import new_id
from shared.policy import Denied
from shared.web import InvalidFields, Text

_RETRY_SECONDS = 5
_log = structlog.get_logger("exchange")


@dataclass(frozen=True, slots=True)
class Given:
    """The values of an answer, and where they come from."""

    values: Mapping[str, Any]
    resource: Resource
    as_of: datetime
    basis: str
    call: str


@dataclass(frozen=True, slots=True)
class _Found:
    outcome: Outcome
    values: dict[str, Any] | None = None
    as_of: datetime | None = None


class Asking:
    """The one way in which data leave a department."""

    def __init__(
        self,
        db: Database,
        identity: Identity,
        sources: Sources,
        journal: Journal,
        timezone: str,
    ) -> None:
        self._db = db
        self._identity = identity
        self._sources = sources
        self._journal = journal
        self._timezone = timezone

    async def ask(self, subject: Subject, code: str, asked: Asked) -> Given:
        """The values; a problem says why there are none, and is written down like an answer."""
        began = time.perf_counter()
        question = await self._question(subject, code, asked)
        decision = policy.decide(subject, "query", question, asked.purpose)
        permit = question.permit if isinstance(question.permit, Permit) else None
        asked = question.asked
        call = Ended(
            id=new_id("cal"),
            at=now(),
            subject=subject,
            resource=question.resource,
            asked=asked,
            outcome=Outcome.DENIED,
            latency_ms=0,
            basis=decision.basis or decision.reason,
            permit=permit.id if permit else None,
            reason=decision.reason or None,
        )
        if decision.allowed:
            found = await self._find(question.resource, asked, call.id)
            call = replace(call, outcome=found.outcome, values=found.values, as_of=found.as_of)
        call = replace(call, latency_ms=round((time.perf_counter() - began) * 1000))
        async with self._db.write() as tx:
            await self._journal.write(tx, call)
        if call.values is None or call.as_of is None:
            _refuse(call)
        return Given(call.values, question.resource, call.as_of, call.basis, call.id)

    async def _question(self, subject: Subject, code: str, asked: Asked) -> Question:
        consumer = consumer_of(subject)
        async with self._db.read() as connection:
            resource = await Resources(connection).find(code)
            if resource is None:
                raise no_resource(code)
            permits = await Permits(connection).of(code, consumer)
            case: Case | None = None
            if subject.is_system and asked.case is not None:
                case = await Cases(connection).find(asked.case)
        if unknown := resource.unknown(asked.fields):
            raise InvalidFields(
                [{"pointer": "/fields", "detail": f"{name}: 没有这个字段 (unknown field)"}
                 for name in unknown]
            )  # fmt: skip
        ruling = choose(permits, consumer, asked, today(self._timezone))
        return Question(resource, _named(asked, resource, ruling), ruling, case)

    async def _find(self, resource: Resource, asked: Asked, call: str) -> _Found:
        """What the department knows; faults of others become outcomes."""
        if asked.party.type != resource.key:
            return _Found(Outcome.NO_RECORD)
        try:
            key = await self._identity.key_of(asked.party, asked.case)
            if key is None:
                return _Found(Outcome.NO_RECORD)
            found = await self._sources.look_up(resource.connector, key, asked.fields, call)
            return _fitting(resource, asked, found)
        except IdentityUnavailable as fault:
            outcome, why = Outcome.IDENTITY_UNAVAILABLE, str(fault)
        except SourceUnavailable as fault:
            outcome, why = Outcome.SOURCE_UNAVAILABLE, str(fault)
        except (SourceBroken, Unfit) as fault:
            outcome, why = Outcome.SOURCE_BROKEN, str(fault)
        await _log.awarning(
            "no usable answer", call=call, resource=resource.code, outcome=outcome, why=why
        )
        return _Found(outcome)


def _named(asked: Asked, resource: Resource, ruling: Permit | Refusal) -> Asked:
    """The question with its fields by name; who names none asks for what the permit gives."""
    given = ruling.fields if isinstance(ruling, Permit) else [f.name for f in resource.fields]
    names = tuple(field.name for field in resource.chosen(asked.fields or given))
    return replace(asked, fields=names)


def _fitting(resource: Resource, asked: Asked, found: Record | None) -> _Found:
    if found is None:
        return _Found(Outcome.NO_RECORD)
    values = fit(resource.chosen(asked.fields), found.values)
    return _Found(Outcome.ANSWERED, values, found.as_of)


def _refuse(call: Ended) -> NoReturn:
    name = call.resource.name
    if call.outcome is Outcome.DENIED:
        raise Denied("exchange", "query", call.reason or "denied")
    if call.outcome is Outcome.NO_RECORD:
        told = Text(f"{name}：没有登记信息。", f"{call.resource.code}: nothing is on record.")
        raise NoRecord(told, call=call.id)
    if call.outcome is Outcome.SOURCE_BROKEN:
        told = Text(f"{name}：应答不合约定。", f"{call.resource.code}: the answer is unusable.")
        raise SourceAnsweredWrongly(told, call=call.id)
    told = Text(f"{name}：暂时取不到。", f"{call.resource.code}: no answer for now.")
    raise SourceAway(told, retry_after=_RETRY_SECONDS, call=call.id)
