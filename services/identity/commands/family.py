"""Acting for a child or a relative: proved by a register or a window, or asked and consented to."""

import hmac
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.clients.messages import Message, Messages, NotSent
from services.identity.clients.register import Facts, Register
from services.identity.commands.attempts import Attempts
from services.identity.commands.delegations import Delegations
from services.identity.commands.proofing import Typed, asked
from services.identity.commands.records import Records
from services.identity.commands.secrets import Derived
from services.identity.domain import contacts
from services.identity.domain.delegations import Delegation, check_dates, scope_of
from services.identity.domain.errors import Invalid, NotAllowed
from services.identity.domain.family import check_of_age, entrusted, guardianship, require_level
from services.identity.domain.numbers import birth_date, identity_number
from services.identity.domain.proofs import CODE_LIFE, MOST_TRIES, new_code
from services.identity.events import PersonRegistered
from services.identity.store import delegations, entrustments, people
from services.identity.store.entrustments import Entrustment
from services.identity.store.people import People, Person
from shared.clock import now, today
from shared.crypto import mask
from shared.db import Database
from shared.i18n import Language
from shared.ids import new_id

_ANSWERED_WITHIN = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """For whom somebody wants to act, in what and until when."""

    whom: Typed
    items: Collection[str] | None
    valid_until: datetime
    language: Language = "zh"


class Family:
    """The acts by which family members come to act for each other."""

    def __init__(
        self,
        db: Database,
        store: People,
        given: Delegations,
        records: Records,
        attempts: Attempts,
        derived: Derived,
        register: Register,
        messages: Messages,
        *,
        zone: str,
    ) -> None:
        self._db = db
        self._people = store
        self._delegations = given
        self._records = records
        self._attempts = attempts
        self._derived = derived
        self._register = register
        self._messages = messages
        self._zone = zone

    async def add_child(self, guardian: Person, typed: Typed) -> Delegation:
        """The register says that this is his child."""
        require_level(guardian.level)
        child = self._facts(typed)
        await self._attempts.admit(self._attempts.of_proofs(guardian.id))
        own = Facts(guardian.open("name") or "", guardian.open("id_number") or "")
        answer = await asked(self._register.is_guardian(own, child))
        if not answer.match:
            raise NotAllowed(
                "登记中没有查到监护关系。请核对姓名和身份证号，或带户口簿到窗口办理。",
                "The register knows of no guardianship: compare the facts, or come to a window.",
            )
        async with self._db.write() as tx:
            return await self.record_child(
                tx, guardian, child, by=guardian.id, reference=answer.reference
            )

    async def child_at_window(
        self, tx: AsyncConnection, guardian: Person, typed: Typed, *, staff: str, reference: str
    ) -> Delegation:
        """A clerk saw the papers."""
        require_level(guardian.level)
        child = self._facts(typed)
        return await self.record_child(tx, guardian, child, by=staff, reference=reference)

    async def record_child(
        self, tx: AsyncConnection, guardian: Person, child: Facts, *, by: str, reference: str
    ) -> Delegation:
        """A child becomes known by his guardian, who acts for him until he is fourteen."""
        moment = now()
        known = await self._people.by_index(tx, "id_number", child.id_number)
        id_ = known.id if known else new_id("psn")
        given = guardianship(
            id_=new_id("dlg"),
            child=id_,
            birth=birth_date(child.id_number),
            guardian=guardian.id,
            now=moment,
            zone=self._zone,
        )
        if known is None:
            await self._add_child(tx, id_, child, moment)
        for held in await delegations.held_by(tx, guardian.id, moment):
            if held.basis == "guardian" and held.principal == given.principal:
                return held
        await self._delegations.record(tx, given, by=by, reference=reference)
        return given

    async def ask(self, agent: Person, asked_for: Asked) -> Entrustment:
        """Ask to act for a relative; whether he has an account here is not told."""
        require_level(agent.level)
        await self._attempts.admit(self._attempts.of_proofs(agent.id))
        whom, moment, code = self._facts(asked_for.whom), now(), new_code()
        check_dates(moment, asked_for.valid_until, moment)
        if whom.id_number == agent.open("id_number"):
            raise Invalid("id_number", "不能授权给自己。", "Nobody delegates to himself.")
        async with self._db.write() as tx:
            person = await self._people.by_index(tx, "id_number", whom.id_number)
            if person is not None and not _may_be_asked(person, whom, self._zone):
                person = None
            id_ = new_id("ent")
            kept = Entrustment(
                id=id_,
                agent=agent.id,
                person=person.id if person else None,
                shown=mask(whom.name, 1, 0),
                items=scope_of(asked_for.items),
                valid_until=asked_for.valid_until,
                asked_at=moment,
                expires_at=moment + _ANSWERED_WITHIN,
                code_hash=self._hash(id_, code),
                code_until=moment + CODE_LIFE,
            )
            await entrustments.add_entrustment(tx, kept)
        if person is not None:
            await self._tell(person, agent, code, asked_for.language)
        return kept

    async def consent(self, tx: AsyncConnection, person: str, id_: str) -> Delegation | None:
        """The person himself agrees, on his own account; None when he was not asked."""
        waiting = await entrustments.lock_entrustment(tx, id_)
        if waiting is None or waiting.person != person or not waiting.waits(now()):
            return None
        return await self._entrust(tx, waiting, by=person, reference="account")

    async def consent_by_code(self, agent: str, id_: str, code: str) -> Delegation:
        """The code that the person got by SMS, and told to whom he trusts."""
        moment, given = now(), None
        async with self._db.write() as tx:
            waiting = await entrustments.lock_entrustment(tx, id_)
            if waiting is not None and waiting.agent == agent and waiting.waits(moment):
                await entrustments.count_try(tx, id_)
                told = self._hash(id_, "".join(code.split()))
                if (
                    waiting.person is not None
                    and waiting.code_tries < MOST_TRIES
                    and moment < waiting.code_until
                    and hmac.compare_digest(told, waiting.code_hash)
                ):
                    given = await self._entrust(tx, waiting, by=waiting.person, reference="sms")
        if given is None:
            raise Invalid("code", "验证码不正确或已过期。", "The code is wrong or too old.")
        return given

    async def refuse(self, tx: AsyncConnection, person: str, id_: str) -> bool:
        """Who is asked says no, or who asked thinks better of it."""
        waiting = await entrustments.lock_entrustment(tx, id_)
        if waiting is None or person not in (waiting.person, waiting.agent):
            return False
        if not waiting.waits(now()):
            return False
        outcome = "refused" if person == waiting.person else "withdrawn"
        await entrustments.close_entrustment(tx, id_, outcome, now())
        return True

    async def entrust_at_window(
        self,
        tx: AsyncConnection,
        person: Person,
        agent: Person,
        *,
        items: Collection[str] | None,
        valid_until: datetime,
        staff: str,
        reference: str,
    ) -> Delegation:
        """The person said so before a clerk, who saw both and kept the paper."""
        require_level(agent.level)
        number = person.open("id_number")
        check_of_age(birth_date(number) if number else None, today(self._zone))
        moment = now()
        given = entrusted(
            id_=new_id("dlg"),
            principal=person.id,
            agent=agent.id,
            items=items,
            valid_until=valid_until,
            now=moment,
            accepted_at=moment,
        )
        await self._delegations.record(tx, given, by=staff, reference=reference)
        return given

    async def _entrust(
        self, tx: AsyncConnection, waiting: Entrustment, *, by: str, reference: str
    ) -> Delegation:
        moment = now()
        given = entrusted(
            id_=new_id("dlg"),
            principal=waiting.person or "",
            agent=waiting.agent,
            items=waiting.items,
            valid_until=waiting.valid_until,
            now=moment,
            accepted_at=moment,
        )
        await self._delegations.record(tx, given, by=by, reference=f"{waiting.id} {reference}")
        await entrustments.close_entrustment(tx, waiting.id, "consented", moment)
        return given

    async def _add_child(
        self, tx: AsyncConnection, id_: str, child: Facts, moment: datetime
    ) -> None:
        await self._people.add(
            tx,
            id_,
            login_name=None,
            level=2,
            at=moment,
            name=child.name,
            id_number=child.id_number,
        )
        event = PersonRegistered(person=id_, level=2)
        await self._records.tell(tx, people.people, id_, event)

    async def _tell(self, person: Person, agent: Person, code: str, language: Language) -> None:
        phone = person.open("phone")
        if phone is None:
            return
        values = {"who": agent.open("name") or "", "code": code}
        message = Message(
            kind="sms", to=phone, template="consent_code", values=values, language=language
        )
        try:
            await self._messages.send(message)
        except NotSent:
            return  # the account shows the request as well

    def _facts(self, typed: Typed) -> Facts:
        number = identity_number(typed.id_number, today(self._zone))
        return Facts(contacts.person_name(typed.name), number)

    def _hash(self, id_: str, code: str) -> str:
        return self._derived.value("entrustment", id_, code)


def _may_be_asked(person: Person, whom: Facts, zone: str) -> bool:
    """The name belongs to the number, and the person may decide for himself."""
    if person.status != "active" or person.open("name") != whom.name:
        return False
    try:
        require_level(person.level)
        check_of_age(birth_date(whom.id_number), today(zone))
    except NotAllowed:
        return False
    return True
