"""What every act on a case stands on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.cases import events
from services.cases.commands.asking import Asking
from services.cases.commands.calendars import Calendars
from services.cases.commands.items import Items
from services.cases.commands.problems import duties_apart, telling
from services.cases.commands.receipt import receipt
from services.cases.domain import Act, Case, Moment, Status
from services.cases.domain.item import PinnedItem
from services.cases.policy import HANDLE, OF_THE_APPLICANT, OWN, Matter, NoSuchCase, policy
from services.cases.store import cases as store
from services.cases.store.cases import Entry, Stored
from services.cases.store.numbers import Numbers
from services.cases.store.papers import Papers
from shared import clock
from shared.db import Database
from shared.events import Outbox
from shared.evidence import Evidence
from shared.failpoints import declare, failpoint
from shared.telemetry import Telemetry, trace_id
from shared.telemetry import facts as note_facts
from shared.web.idempotency import Answer
from shared.web.preconditions import require_version

BEFORE_COMMIT = declare(
    "cases.before_commit",
    "the act, its event and its evidence are in the transaction, not committed",
)

MakeEvent = Callable[[events.CaseFacts], events.CaseEvent]


@dataclass(frozen=True, slots=True)
class Told:
    """What an act tells: an event, facts without anything personal, words, and what is kept."""

    event: MakeEvent | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    words: dict[str, Any] | None = None
    kept: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Open:
    """A case under somebody's hands: locked, with its item version."""

    stored: Stored
    item: PinnedItem

    @property
    def case(self) -> Case:
        """The case itself."""
        return self.stored.case


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is recorded for an act."""

    id: str
    kind: str
    client: str = ""
    delegation: str = ""
    in_place_of: str = ""  # the colleague's office that a deputy fills

    @property
    def facts(self) -> dict[str, str]:
        """What the history says of a deputy beside his own office."""
        return {"in_place_of": self.in_place_of} if self.in_place_of else {}


CLOCK = Actor("clock", "clock")
Do = Callable[[Open], Told]


@dataclass(frozen=True, slots=True)
class Office:
    """The tools of the commands."""

    db: Database
    telemetry: Telemetry
    outbox: Outbox
    evidence: Evidence
    papers: Papers
    items: Items
    numbers: Numbers
    calendars: Calendars
    timezone: str

    async def moment(self) -> Moment:
        """Now, and the day that it is for people here."""
        return Moment(clock.now(), clock.today(self.timezone), await self.calendars.current())

    async def act(
        self,
        tx: AsyncConnection,
        number: str,
        asking: Asking,
        act: Act,
        do: Do,
        moment: Moment,
        *,
        named: str = "",
    ) -> Answer:
        """One act on one case: allowed, unchanged since it was read, done, recorded, answered.

        `named`: what the history calls it, where that is not the act itself.
        """
        stored = await store.load(tx, number, lock=True)
        subject, purpose = asking.subject, OWN if act in OF_THE_APPLICANT else HANDLE
        seeing = HANDLE if subject.department else OWN
        if stored is None:
            raise NoSuchCase
        case = stored.case
        item = await self.items.pinned(tx, case.item_code, case.item_version)
        matter = Matter(case, item.codes, item.separate_decision)
        if not policy.decide(subject, "read", matter, seeing).allowed:
            raise NoSuchCase
        with duties_apart():
            policy.check(subject, act, matter, purpose)
        require_version(asking.expected, case.version, by=stored.changed_by, at=stored.changed_at)
        was, before = case.version, case.status
        with telling():
            told = do(Open(stored, item))
        actor = actor_of(asking)
        await self.record(tx, case, was, before, named or act.value, actor, told, moment)
        return receipt(case, moment.at)

    async def record(
        self,
        tx: AsyncConnection,
        case: Case,
        was: int,
        before: Status | None,
        act: str,
        actor: Actor,
        told: Told,
        moment: Moment,
    ) -> None:
        """Row, history, event and evidence of an act, together or not at all."""
        note_facts(
            case_number=case.number, item_code=case.item_code, department=case.department, act=act
        )
        if told.event is not None:
            case.sequence += 1
        if before is None:
            await store.add(tx, case, by=actor.id, at=moment.at, **told.kept)
        else:
            await store.save(tx, case, was, by=actor.id, at=moment.at, **told.kept)
        await self._write_history(tx, case, before, act, actor, told, moment)
        if told.event is not None:
            event = told.event(facts_of(case))
            await self.outbox.add(tx, event, subject=case.number, sequence=case.sequence)
        await self._write_evidence(tx, case, before, act, actor, told)
        failpoint(BEFORE_COMMIT)

    async def _write_history(
        self,
        tx: AsyncConnection,
        case: Case,
        before: Status | None,
        act: str,
        actor: Actor,
        told: Told,
        moment: Moment,
    ) -> None:
        seq = case.version  # each act raises the version by one, so it numbers the lines too
        note = self.papers.seal_note(case.id, seq, told.words) if told.words else None
        entry = Entry(
            seq=seq,
            act=act,
            from_status=before.value if before else None,
            to_status=case.status.value,
            version=case.version,
            actor=actor.id,
            actor_kind=actor.kind,
            at=moment.at,
            facts={**told.facts, **actor.facts},
            note=note,
            trace_id=trace_id(),
        )
        await store.add_entry(tx, case.id, entry)

    async def _write_evidence(
        self,
        tx: AsyncConnection,
        case: Case,
        before: Status | None,
        act: str,
        actor: Actor,
        told: Told,
    ) -> None:
        who = {"id": actor.id, "kind": actor.kind, "client": actor.client}
        facts = {
            "from": before.value if before else "",
            "to": case.status.value,
            "version": case.version,
            "delegation": actor.delegation,
            **told.facts,
            **actor.facts,
        }
        words = {name: str(text) for name, text in (told.words or {}).items() if text}
        await self.evidence.record(
            tx,
            act=f"cases.{act}",
            subject=case.number,
            actor=who,
            facts=facts,
            personal=words,
            person=case.applicant if words else None,
        )


def actor_of(asking: Asking) -> Actor:
    """Who is recorded for a request."""
    behalf, office = asking.subject.on_behalf_of, asking.subject.staff
    filled = office.in_place_of if office else None
    return Actor(
        asking.actor,
        asking.kind,
        client=asking.subject.client_id,
        delegation=behalf.delegation if behalf else "",
        in_place_of=filled.id if filled else "",
    )


def facts_of(case: Case) -> events.CaseFacts:
    """What every event says of its case."""
    return events.CaseFacts(
        number=case.number,
        status=case.status,
        version=case.version,
        item=events.PinnedItem(code=case.item_code, version=case.item_version),
        bundle=None,
        region=case.region,
        department=case.department,
        channel=case.channel,
        due=events.Due(promised=case.due_promised, statutory=case.due_statutory),
    )
