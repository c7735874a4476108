"""补正: the applicant supplies what the notice asked for, and nothing else changes."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.cases import events
from services.cases.commands.asking import Asking
from services.cases.commands.levels import require_level
from services.cases.commands.office import Office, Open, Told
from services.cases.commands.settling import Gathered
from services.cases.commands.submit import settled
from services.cases.domain import Act, Moment
from services.cases.store.cases import last_notice
from shared.web.idempotency import Answer
from shared.web.problems import InvalidFields


async def correct(
    tx: AsyncConnection,
    office: Office,
    number: str,
    asking: Asking,
    given: Mapping[str, Any],
    note: str,
    gathered: Gathered,
    moment: Moment,
) -> Answer:
    """Take over the corrected fields; the five days begin anew with the receipt."""
    notice = await last_notice(tx, number)
    asked = frozenset(notice["fields"]) if notice else frozenset()
    materials = notice["materials"] if notice else []

    def do(opened: Open) -> Told:
        case = opened.case
        require_level(asking.subject, opened.item)
        case.correct(moment)
        _only_what_was_asked(given, asked, asking.language)
        if materials:
            _says_how_they_come(note, asking.language)
        form = {**office.papers.open_form(case.id, opened.stored.form), **given}
        # A mark speaks of a value: what is typed anew has none.
        marks = {n: m for n, m in opened.stored.provenance.items() if n not in given}
        kept = settled(office, case, opened.item, form, marks, gathered, asking.language)
        received, due = str(case.received_on), str(case.timer_on)
        return Told(
            lambda facts: events.CaseCorrected.model_validate(
                {"case": facts, "received_on": received, "answer_due": due}
            ),
            {"received_on": received, "answer_due": due, "fields": sorted(given)},
            {"note": note} if note else None,
            kept,
        )

    return await office.act(tx, number, asking, Act.CORRECT, do, moment)


def _only_what_was_asked(given: Mapping[str, Any], asked: Collection[str], language: str) -> None:
    words = "Nobody asked to correct this." if language == "en" else "补正通知没有要求改这一项。"
    errors = [
        {"pointer": f"/form/{name}", "in": "body", "detail": words, "code": "not_asked"}
        for name in given
        if name not in asked
    ]
    if errors:
        raise InvalidFields(errors)


def _says_how_they_come(note: str, language: str) -> None:
    """Materials are handed in outside the platform, so the desk has to be told how."""
    if note.strip():
        return
    english = language == "en"
    words = (
        "The notice asks for materials: say in the note how and when you hand them in."
        if english
        else "补正通知要求补交材料，请在说明里写明材料怎么交、什么时候交。"
    )
    raise InvalidFields(
        [{"pointer": "/note", "in": "body", "detail": words, "code": "materials_asked"}]
    )
