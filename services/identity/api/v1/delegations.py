"""Naming agents for one's organisation, accepting it, and taking it back."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request, Response
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.api.v1.caller import holds, problem_of, provider_of, runtime_of
from services.identity.commands.delegations import Wish
from services.identity.domain.delegations import Delegation
from services.identity.domain.errors import RuleBroken
from services.identity.policy import policy
from services.identity.queries.delegations import delegations_of
from shared.auth import Subject
from shared.service import caller_of
from shared.web import Answer, Body
from shared.web.problems import NotFound

router = APIRouter(prefix="/v1/me/delegations", tags=["delegations"])

Myself = Annotated[Subject, holds("identity.self")]


class DelegationIn(Body):
    """Whom an organisation names as its agent, for what and until when."""

    organisation: str = Field(max_length=40)
    agent: str = Field(max_length=40, description="the agent's person id")
    items: list[Annotated[str, Field(min_length=1, max_length=64)]] | None = Field(
        None, description="codes of items; left out means every item"
    )
    valid_from: AwareDatetime | None = Field(None, description="left out means now")
    valid_until: AwareDatetime
    may_delegate: bool = Field(False, description="the agent may name agents within his own scope")


class PrincipalOut(BaseModel):
    """For whom somebody acts."""

    type: Literal["person", "org"]
    id: str


class DelegationOut(BaseModel):
    """A delegation as it stands; one that was not accepted yet does not hold."""

    id: str
    basis: Literal["legal_representative", "agent", "guardian", "relative"]
    principal: PrincipalOut
    organisation: str = Field(description="the principal; empty when it is a person")
    agent: str
    items: list[str] | None
    valid_from: datetime
    valid_until: datetime | None
    accepted_at: datetime | None
    may_delegate: bool
    revoked_at: datetime | None


class DelegationsOut(BaseModel):
    """What a person holds, what he is offered, and what he gave or represents."""

    held: list[DelegationOut]
    offered: list[DelegationOut]
    given: list[DelegationOut]


@router.get("", response_model=DelegationsOut)
async def list_delegations(request: Request, subject: Myself) -> DelegationsOut:
    """Whom I act for, what I was asked to, and who acts for me or for what I represent."""
    policy.check(subject, "read_delegations", None, "self")
    found = await delegations_of(provider_of(request).db, subject.sub)
    return DelegationsOut(
        held=[_written(one) for one in found.held],
        offered=[_written(one) for one in found.offered],
        given=[_written(one) for one in found.given],
    )


@router.post("", status_code=201, response_model=DelegationOut)
async def grant_delegation(body: DelegationIn, request: Request, subject: Myself) -> Response:
    """Name an agent (经办人) within what one has oneself; it holds when the agent accepts."""
    policy.check(subject, "change_delegations", None, "self")
    commands = provider_of(request).delegations
    wish = Wish(**body.model_dump())

    async def grant(tx: AsyncConnection) -> Answer:
        try:
            return Answer(201, _written(await commands.grant(tx, subject.sub, wish)))
        except RuleBroken as broken:
            raise problem_of(broken) from None

    return await runtime_of(request).idempotency.run(request, caller_of(subject), grant)


@router.post("/{delegation}/accept", response_model=DelegationOut)
async def accept_delegation(
    delegation: Annotated[str, Path(max_length=40)], request: Request, subject: Myself
) -> Response:
    """Become the agent that one was asked to be."""
    policy.check(subject, "change_delegations", None, "self")
    commands = provider_of(request).delegations

    async def accept(tx: AsyncConnection) -> Answer:
        try:
            accepted = await commands.accept(tx, subject.sub, delegation)
        except RuleBroken as broken:
            raise problem_of(broken) from None
        if accepted is None:
            raise NotFound("There is no such delegation of yours.")
        return Answer(200, _written(accepted))

    return await runtime_of(request).idempotency.run(request, caller_of(subject), accept)


@router.post("/{delegation}/revoke", response_model=DelegationOut)
async def revoke_delegation(
    delegation: Annotated[str, Path(max_length=40)], request: Request, subject: Myself
) -> Response:
    """End a delegation at once: by who gave it, or by the agent."""
    policy.check(subject, "change_delegations", None, "self")
    commands = provider_of(request).delegations

    async def revoke(tx: AsyncConnection) -> Answer:
        try:
            ended = await commands.revoke(tx, subject.sub, delegation)
        except RuleBroken as broken:
            raise problem_of(broken) from None
        if ended is None:
            raise NotFound("There is no such delegation of yours.")
        return Answer(200, _written(ended))

    return await runtime_of(request).idempotency.run(request, caller_of(subject), revoke)


def _written(held: Delegation) -> DelegationOut:
    return DelegationOut(
        id=held.id,
        basis=held.basis,
        principal=PrincipalOut(type=held.principal.type, id=held.principal.id),
        organisation=held.principal.id if held.principal.type == "org" else "",
        agent=held.agent,
        items=None if held.items is None else sorted(held.items),
        valid_from=held.valid_from,
        valid_until=held.valid_until,
        accepted_at=held.accepted_at,
        may_delegate=held.may_delegate,
        revoked_at=held.revoked_at,
    )
