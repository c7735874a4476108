"""At a window (窗口): a clerk sees card, face and papers, and writes down that he did."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.api.v1.caller import holds, problem_of, provider_of, runtime_of
from services.identity.commands.proofing import Typed
from services.identity.domain.contacts import handle
from services.identity.domain.delegations import Delegation
from services.identity.domain.errors import RuleBroken
from services.identity.policy import policy
from services.identity.store.people import Person
from shared.auth import Subject
from shared.service import caller_of
from shared.web import Answer, Body
from shared.web.problems import NotFound

router = APIRouter(prefix="/v1/window", tags=["window"])

Clerk = Annotated[Subject, holds("cases.handle")]
Account = Annotated[
    str, Field(min_length=4, max_length=100, description="login name, phone or identity number")
]
Number = Annotated[str, Field(min_length=18, max_length=30)]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Reference = Annotated[
    str,
    Field(
        min_length=1,
        max_length=100,
        pattern=r"^[0-9A-Za-z][0-9A-Za-z_.:/-]*$",
        description="the number of the paper or picture that the window keeps; no personal data",
    ),
]


class ProofIn(Body):
    """Whose account it is, and what the card says."""

    account: Account
    name: Name
    id_number: Number
    evidence: Reference


class ProofOut(BaseModel):
    """The account with its level now."""

    person: str
    level: int


class GuardianshipIn(Body):
    """A guardian with an account, the child, and the paper that shows it."""

    guardian: Account
    name: Name
    id_number: Number
    evidence: Reference


class EntrustmentIn(Body):
    """Who lets whom act for him, in what and until when, and the paper that he signed."""

    person: Account
    agent: Account
    items: list[Annotated[str, Field(min_length=1, max_length=64)]] | None = None
    valid_until: AwareDatetime
    evidence: Reference


class AuthorityOut(BaseModel):
    """An authority that holds from now on."""

    delegation: str
    person: str
    agent: str
    valid_until: datetime | None


@router.post("/proofs", status_code=201, response_model=ProofOut)
async def prove_person(body: ProofIn, request: Request, subject: Clerk) -> Response:
    """Raise an account to level 4: the card was compared with the face."""

    async def prove(tx: AsyncConnection) -> ProofOut:
        person = await found(request, tx, body.account)
        policy.check(subject, "prove_at_window", frozenset({person.id}), "administration")
        typed = Typed(body.name, body.id_number)
        level = await provider_of(request).proofing.at_window(
            tx, person, typed, staff=clerk_of(subject), reference=body.evidence
        )
        return ProofOut(person=person.id, level=level)

    return await run(request, subject, prove)


@router.post("/guardianships", status_code=201, response_model=AuthorityOut)
async def record_guardianship(body: GuardianshipIn, request: Request, subject: Clerk) -> Response:
    """A guardian acts for a child under fourteen: the window saw the papers."""

    async def record(tx: AsyncConnection) -> AuthorityOut:
        guardian = await found(request, tx, body.guardian)
        policy.check(subject, "prove_at_window", frozenset({guardian.id}), "administration")
        typed = Typed(body.name, body.id_number)
        return _written(
            await provider_of(request).family.child_at_window(
                tx, guardian, typed, staff=clerk_of(subject), reference=body.evidence
            )
        )

    return await run(request, subject, record)


@router.post("/entrustments", status_code=201, response_model=AuthorityOut)
async def record_entrustment(body: EntrustmentIn, request: Request, subject: Clerk) -> Response:
    """A relative acts for who said so at the window and signed."""

    async def record(tx: AsyncConnection) -> AuthorityOut:
        person = await found(request, tx, body.person)
        agent = await found(request, tx, body.agent)
        involved = frozenset({person.id, agent.id})
        policy.check(subject, "prove_at_window", involved, "administration")
        return _written(
            await provider_of(request).family.entrust_at_window(
                tx,
                person,
                agent,
                items=body.items,
                valid_until=body.valid_until,
                staff=clerk_of(subject),
                reference=body.evidence,
            )
        )

    return await run(request, subject, record)


async def run(
    request: Request, subject: Subject, act: Callable[[AsyncConnection], Awaitable[BaseModel]]
) -> Response:
    """Answer a clerk once per key; who is none is refused before anything is looked up."""
    policy.check(subject, "prove_at_window", frozenset(), "administration")

    async def answered(tx: AsyncConnection) -> Answer:
        try:
            return Answer(201, await act(tx))
        except RuleBroken as broken:
            raise problem_of(broken) from None

    return await runtime_of(request).idempotency.run(request, caller_of(subject), answered)


async def found(request: Request, tx: AsyncConnection, account: str) -> Person:
    """The account that somebody at the window says is his."""
    kind, value = handle(account)
    people = provider_of(request).people
    if kind == "login_name":
        found = await people.by_login_name(tx, value)
    else:
        found = await people.by_index(tx, kind, value)
    if found is None or found.status != "active":
        raise NotFound("There is no such account.")
    return found


def clerk_of(subject: Subject) -> str:
    """The office in which the clerk acts."""
    return subject.staff.id if subject.staff else subject.sub


def _written(held: Delegation) -> AuthorityOut:
    return AuthorityOut(
        delegation=held.id,
        person=held.principal.id,
        agent=held.agent,
        valid_until=held.valid_until,
    )
