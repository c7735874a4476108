"""Raising a person's real-name level by proof (实名认证)."""

from collections.abc import Awaitable
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.clients.messages import Message, Messages, NotSent
from services.identity.clients.register import Answer, Facts, Register, Unanswered
from services.identity.commands.attempts import Attempts
from services.identity.commands.records import Records
from services.identity.commands.secrets import Derived
from services.identity.domain import contacts
from services.identity.domain.errors import Invalid, NotAllowed
from services.identity.domain.numbers import identity_number
from services.identity.domain.proofs import (
    BASES,
    CODE_LIFE,
    LEVELS,
    Evidence,
    Means,
    new_code,
)
from services.identity.events import PersonLevelRaised
from services.identity.store import logins, people, proofs
from services.identity.store.people import People, Person
from shared.clock import now, today
from shared.db import Database
from shared.i18n import Language
from shared.ids import new_id


@dataclass(frozen=True, slots=True)
class Typed:
    """What a person says of himself."""

    name: str
    id_number: str
    card: str | None = None


class Proofing:
    """The ways to a higher level; a register or a window decides, never the person alone."""

    def __init__(
        self,
        db: Database,
        store: People,
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
        self._records = records
        self._attempts = attempts
        self._derived = derived
        self._register = register
        self._messages = messages
        self._zone = zone

    async def send_code(self, person: Person, language: Language) -> None:
        """A code to the phone that the person told us."""
        phone = person.open("phone")
        if phone is None:
            raise Invalid("phone", "账户里没有手机号。", "The account has no phone.")
        await self._attempts.admit(self._attempts.of_proofs(person.id))
        code, moment = new_code(), now()
        async with self._db.write() as tx:
            await proofs.put_confirmation(
                tx, person.id, self._hash(person.id, code), moment + CODE_LIFE
            )
        minutes = str(int(CODE_LIFE.total_seconds()) // 60)
        values = {"code": code, "minutes": minutes}
        try:
            await self._messages.send(
                Message(
                    kind="sms", to=phone, template="one_time_code", values=values, language=language
                )
            )
        except NotSent:
            raise NotAllowed(
                "短信现在发不出去，请稍后再试。", "No SMS can be sent now: try again later."
            ) from None

    async def confirm_code(self, person: Person, code: str) -> None:
        """The phone is his: from now on he is found and logs in by it."""
        await self._attempts.admit(self._attempts.of_proofs(person.id))
        hashed = self._hash(person.id, "".join(code.split()))
        async with self._db.write() as tx:
            good = await proofs.try_confirmation(tx, person.id, hashed, now())
            if good:
                try:
                    async with tx.begin_nested():
                        await self._people.prove(tx, person.id, phone=person.open("phone"))
                except IntegrityError:
                    raise NotAllowed(
                        "这个手机号已用于另一个账户，请到窗口办理。",
                        "This phone belongs to another account: come to a window.",
                    ) from None
                await self._keep(tx, person, "phone_code", by=person.id, reference="sms")
        if not good:
            raise Invalid("code", "验证码不正确或已过期。", "The code is wrong or too old.")

    async def by_facts(self, person: Person, typed: Typed) -> int:
        """Two facts, or three with a card: what the register says counts. Gives the new level."""
        facts = Facts(
            contacts.person_name(typed.name),
            identity_number(typed.id_number, today(self._zone)),
            "".join(typed.card.split()) or None if typed.card else None,
        )
        await self._attempts.admit(self._attempts.of_proofs(person.id))
        answer = await asked(self._register.knows(facts))
        if not answer.match:
            raise _not_proved()
        means: Means = "two_facts" if facts.card is None else "three_facts"
        async with self._db.write() as tx:
            return await self._prove(
                tx, person, facts, means, by=person.id, reference=answer.reference
            )

    async def at_window(
        self, tx: AsyncConnection, person: Person, typed: Typed, *, staff: str, reference: str
    ) -> int:
        """A clerk compared the card with the face."""
        number = identity_number(typed.id_number, today(self._zone))
        facts = Facts(contacts.person_name(typed.name), number)
        return await self._prove(tx, person, facts, "window", by=staff, reference=reference)

    async def _prove(
        self,
        tx: AsyncConnection,
        person: Person,
        facts: Facts,
        means: Means,
        *,
        by: str,
        reference: str,
    ) -> int:
        known = person.open("id_number")
        if known is not None and (known != facts.id_number or person.open("name") != facts.name):
            raise _not_proved()
        try:
            async with tx.begin_nested():
                await self._people.prove(tx, person.id, name=facts.name, id_number=facts.id_number)
        except IntegrityError:  # another account has this number; which one is not said
            raise _not_proved() from None
        return await self._keep(tx, person, means, by=by, reference=reference)

    async def _keep(
        self, tx: AsyncConnection, person: Person, means: Means, *, by: str, reference: str
    ) -> int:
        moment, level = now(), max(person.level, LEVELS[means])
        proof = Evidence(
            id=new_id("prf"),
            person=person.id,
            means=means,
            level=LEVELS[means],
            at=moment,
            by=by,
            basis=BASES[means],
            reference=reference,
        )
        await proofs.add_proof(tx, proof)
        facts = {"means": means, "level": proof.level, "basis": proof.basis, "proof": proof.id}
        await self._records.prove(tx, "prove_person", person.id, by, facts)
        if level > person.level:
            await people.raise_level(tx, person.id, level, moment)
            await logins.raise_levels(tx, person.id, level)
            event = PersonLevelRaised(person=person.id, level=level)
            await self._records.tell(tx, people.people, person.id, event)
        return level

    def _hash(self, person: str, code: str) -> str:
        return self._derived.value("confirmation", person, code)


async def asked(question: Awaitable[Answer]) -> Answer:
    """The register's answer; when it is silent nothing is decided."""
    try:
        return await question
    except Unanswered:
        raise NotAllowed(
            "核验服务现在没有回应，请稍后再试，或到窗口办理。",
            "The register does not answer now: try again later, or come to a window.",
        ) from None


def _not_proved() -> NotAllowed:
    return NotAllowed(
        "信息没有通过核验。请核对每一项；仍不行时，请带身份证到窗口办理。",
        "This was not confirmed. Compare each fact; else come to a window with your card.",
    )
