"""提交申请: the form is whole, its values are settled, and the materials count as received."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.cases import events
from services.cases.commands.asking import Asking
from services.cases.commands.forms import check_covered, check_form
from services.cases.commands.gathering import Applicant, Sources
from services.cases.commands.levels import require_level, sure_enough
from services.cases.commands.office import MakeEvent, Office, Open, Told
from services.cases.commands.settling import Gathered, Marks, settle
from services.cases.domain import MOVES, Act, Case, Moment, Status
from services.cases.domain.item import PinnedItem
from services.cases.policy import OF_THE_APPLICANT, OWN, Matter, policy
from services.cases.store import cases as store
from shared.web.idempotency import Answer


async def gathered_for(
    office: Office,
    sources: Sources,
    number: str,
    asking: Asking,
    status: Status,
    given: Mapping[str, Any],
) -> Gathered:
    """What the sources say for a case in this status; nothing when the act will be refused."""
    async with office.db.read() as connection:
        stored = await store.load(connection, number)
        if stored is None or stored.case.status is not status:
            return Gathered()
        case = stored.case
        item = await office.items.pinned(connection, case.item_code, case.item_version)
        closed = await office.items.closed(connection, case.item_code)
    if closed and status is Status.DRAFT:
        return Gathered()
    act = next(act for act in OF_THE_APPLICANT if status in MOVES[act])
    may = policy.decide(asking.subject, act, Matter(case, item.codes), OWN)
    if not may.allowed or not sure_enough(asking.subject, item):
        return Gathered()
    applicant = Applicant(case.applicant_type, case.applicant, case.agent)
    form = {**office.papers.open_form(case.id, stored.form), **given}
    return await sources.gather(item, form, applicant, number, asking.token)


async def submit(
    tx: AsyncConnection,
    office: Office,
    number: str,
    asking: Asking,
    gathered: Gathered,
    moment: Moment,
) -> Answer:
    """Submit the draft as it stands; it stays one when its item is no longer open."""
    draft = await store.load(tx, number)
    closed = await office.items.closed(tx, draft.case.item_code) if draft else None

    def do(opened: Open) -> Told:
        case = opened.case
        if closed and case.status is Status.DRAFT:
            raise closed
        require_level(asking.subject, opened.item)
        form = office.papers.open_form(case.id, opened.stored.form)
        marks = opened.stored.provenance
        return submitted(office, case, opened.item, form, marks, gathered, moment, asking)

    return await office.act(tx, number, asking, Act.SUBMIT, do, moment)


def submitted(
    office: Office,
    case: Case,
    item: PinnedItem,
    form: Mapping[str, Any],
    marks: Marks,
    gathered: Gathered,
    moment: Moment,
    asking: Asking,
) -> Told:
    """Settle and check the form, then let the five days begin."""
    case.submit(moment)
    kept = settled(office, case, item, form, marks, gathered, asking.language)
    kept |= {
        "snapshot": gathered.snapshot and office.papers.seal_snapshot(case.id, gathered.snapshot),
        "unidentified_since": None if gathered.snapshot else moment.at,
    }
    facts = {"received_on": str(case.received_on), "answer_due": str(case.timer_on)}
    return Told(_event(case), facts, kept=kept)


def settled(
    office: Office,
    case: Case,
    item: PinnedItem,
    form: Mapping[str, Any],
    marks: Marks,
    gathered: Gathered,
    language: str,
) -> dict[str, Any]:
    """The sealed form and the marks of its values; InvalidFields when it does not fit."""
    outcome = settle(item, form, gathered, marks)
    check_covered(item, outcome.covered, language)
    check_form(item, outcome.form, exempt=outcome.pending, language=language)
    return {
        "form": office.papers.seal_form(case.id, outcome.form),
        "provenance": outcome.provenance,
    }


def _event(case: Case) -> MakeEvent:
    received, due = case.received_on, case.timer_on
    party = events.Party.model_validate({"type": case.applicant_type, "id": case.applicant})

    def make(facts: events.CaseFacts) -> events.CaseEvent:
        return events.CaseSubmitted.model_validate(
            {
                "case": facts,
                "applicant": party,
                "agent": case.agent,
                "received_on": received,
                "answer_due": due,
            }
        )

    return make
