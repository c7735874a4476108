"""What is due by itself: done once, however many processes look for it."""

import structlog

from services.cases.commands.accept import accepted
from services.cases.commands.gathering import Applicant, Sources, identity_values
from services.cases.commands.office import CLOCK, Office, Told
from services.cases.commands.settling import Gathered, settle
from services.cases.domain import Case, Moment
from services.cases.store import cases as store
from services.cases.store import lists
from services.cases.store.cases import Stored

_BATCH = 200
_log = structlog.get_logger("cases.sweep")


async def accept_lapsed(office: Office) -> int:
    """Accept what nobody answered in five days, as of the receipt (Art. 32); says how many."""
    moment = await office.moment()
    async with office.db.read() as connection:
        due = (await connection.execute(lists.lapsed(moment.day, _BATCH))).scalars().all()
    done = 0
    for number in due:
        try:
            done += await _accept(office, number, moment)
        except Exception as error:  # noqa: BLE001 - one case in trouble must not hold up the others
            await _log.aerror("not accepted as of receipt", case=number, error=repr(error))
    return done


async def _accept(office: Office, number: str, moment: Moment) -> bool:
    with office.telemetry.span("accept as of receipt", case_number=number):
        return await _accept_now(office, number, moment)


async def _accept_now(office: Office, number: str, moment: Moment) -> bool:
    async with office.db.write() as tx:
        stored = await store.load(tx, number, lock=True)
        if stored is None or not stored.case.lapsed(moment.day):
            return False  # another process, or an officer, was first
        case = stored.case
        was, before = case.version, case.status
        told = accepted(case, moment)
        await office.record(tx, case, was, before, "deem-accepted", CLOCK, told, moment)
    await _log.ainfo("accepted as of receipt", case=number)
    return True


async def identify_applicants(office: Office, sources: Sources) -> int:
    """Ask again who applied, where identity was silent at the submission; says how many it told."""
    done, last = 0, ""
    while True:
        async with office.db.read() as connection:
            page = (await connection.execute(lists.unknown_applicants(last, _BATCH))).all()
        for row in page:
            told = await _identify(office, sources, row.number)
            if told is None:
                return done  # identity is away: the others would wait for the same
            done += told
        if len(page) < _BATCH:
            return done
        last = page[-1].id


async def _identify(office: Office, sources: Sources, number: str) -> bool | None:
    with office.telemetry.span("identify applicant", case_number=number):
        return await _ask_again(office, sources, number)


async def _ask_again(office: Office, sources: Sources, number: str) -> bool | None:
    async with office.db.read() as connection:
        stored = await store.load(connection, number)
    if stored is None:
        return False
    snapshot, silence = await sources.identify(_applicant(stored.case), number)
    if snapshot is not None:
        return await _complete(office, number, snapshot)
    await _log.awarning("applicant still unknown", case=number, reason=silence)
    return None if silence == "source_unavailable" else False


async def _complete(office: Office, number: str, snapshot: dict[str, object]) -> bool:
    moment = await office.moment()
    async with office.db.write() as tx:
        stored = await store.load(tx, number, lock=True)
        if stored is None or stored.unidentified_since is None:
            return False
        case = stored.case
        item = await office.items.pinned(tx, case.item_code, case.item_version)
        was, before = case.version, case.status
        case.identify()
        late = identity_values(_applicant(case), snapshot)
        kept = _filled(office, stored, settle(item, _form(office, stored), late).form, late)
        await office.record(tx, case, was, before, "identify", CLOCK, Told(kept=kept), moment)
    return True


def _filled(
    office: Office, stored: Stored, form: dict[str, object], late: Gathered
) -> dict[str, object]:
    """Only what was left to identity changes: the rest stays as it was submitted."""
    before = _form(office, stored)
    provenance = dict(stored.provenance)
    for name, mark in stored.provenance.items():
        if mark["state"] == "pending" and form.get(name) != before.get(name):
            before[name] = form[name]
            provenance[name] = {"state": "authoritative", "source": mark["source"]}
    case = stored.case
    return {
        "form": office.papers.seal_form(case.id, before),
        "provenance": provenance,
        "snapshot": office.papers.seal_snapshot(case.id, late.snapshot or {}),
        "unidentified_since": None,
    }


def _form(office: Office, stored: Stored) -> dict[str, object]:
    return office.papers.open_form(stored.case.id, stored.form)


def _applicant(case: Case) -> Applicant:
    return Applicant(case.applicant_type, case.applicant, case.agent)
