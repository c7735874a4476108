"""Starting a case: as a draft, or submitted at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.cases.commands.asking import Asking
from services.cases.commands.forms import check_form
from services.cases.commands.gathering import Applicant, Sources
from services.cases.commands.items import Found
from services.cases.commands.levels import require_level, sure_enough
from services.cases.commands.office import Office, Told, actor_of
from services.cases.commands.receipt import receipt
from services.cases.commands.settling import Gathered, prefilled
from services.cases.commands.submit import submitted
from services.cases.domain import Act, Case, Channel, Moment, Status
from services.cases.domain.item import PinnedItem
from services.cases.policy import OWN, policy
from shared.auth import Subject
from shared.ids import uuid7
from shared.web.idempotency import Answer


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the applicant wants."""

    item: str
    form: Mapping[str, Any]
    channel: Channel = Channel.WEB
    submit: bool = False
    calls: Mapping[str, str] = field(default_factory=dict)  # by field, as the client claims


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was had before the transaction: the item, a number, and what the sources said."""

    found: Found
    moment: Moment
    number: str = ""
    gathered: Gathered = field(default_factory=Gathered)


async def prepare(office: Office, sources: Sources, asking: Asking, wanted: Wanted) -> Prepared:
    """Everything that needs others; a refusal is left to the command, so that a retry gets its
    first answer.
    """
    found, moment = await office.items.find(wanted.item), await office.moment()
    if found.item is None or not _allowed(asking.subject, found.item):
        return Prepared(found, moment)
    number = await office.numbers.take(found.item.region, moment.day, wanted.channel)
    if not wanted.submit:
        return Prepared(found, moment, number)
    gathered = await sources.gather(
        found.item, wanted.form, applicant_of(asking.subject), number, asking.token
    )
    return Prepared(found, moment, number, gathered)


async def start(
    tx: AsyncConnection, office: Office, asking: Asking, wanted: Wanted, prepared: Prepared
) -> Answer:
    """Store the case, and submit it in the same transaction if that is wanted."""
    item, moment = prepared.found.unwrap(), prepared.moment
    policy.check(asking.subject, "apply", item.codes, OWN)
    require_level(asking.subject, item)
    if not wanted.submit:
        check_form(item, wanted.form, draft=True, language=asking.language)
    case = _new(item, asking.subject, prepared, wanted.channel)
    drafted = Told(
        facts={"channel": wanted.channel.value},
        kept={
            "form": office.papers.seal_form(case.id, wanted.form),
            "provenance": prefilled(item, wanted.calls),
            "snapshot": None,
            "unidentified_since": None,
        },
    )
    actor = actor_of(asking)
    await office.record(tx, case, 0, None, "draft", actor, drafted, moment)
    if wanted.submit:
        was = case.version
        marks = prefilled(item, wanted.calls)
        told = submitted(office, case, item, wanted.form, marks, prepared.gathered, moment, asking)
        await office.record(tx, case, was, Status.DRAFT, Act.SUBMIT, actor, told, moment)
    return receipt(case, moment.at, status=201)


def applicant_of(subject: Subject) -> Applicant:
    """For whom the subject acts."""
    kind = subject.on_behalf_of.type if subject.on_behalf_of else "person"
    return Applicant(kind, subject.acting_for, subject.sub)


def _allowed(subject: Subject, item: PinnedItem) -> bool:
    may = policy.decide(subject, "apply", item.codes, OWN)
    return may.allowed and sure_enough(subject, item)


def _new(item: PinnedItem, subject: Subject, prepared: Prepared, channel: Channel) -> Case:
    applicant = applicant_of(subject)
    return Case(
        id=uuid7(),
        number=prepared.number,
        item_code=item.code,
        item_version=item.version,
        region=item.region,
        department=item.department,
        channel=channel.value,
        applicant_type=applicant.type,
        applicant=applicant.id,
        agent=applicant.agent,
        terms=item.terms,
        drafted_at=prepared.moment.at,
    )
