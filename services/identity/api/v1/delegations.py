"""Naming agents for one's organisation, and taking it back."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.api.v1.caller import holds, problem_of, provider_of, runtime_of
from services.identity.commands.delegations import Wish
from services.identity.domain.delegations import Delegation
from services.identity.domain.errors import RuleBroken
from services.identity.policy import policy
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


class DelegationOut(BaseModel):
    """A delegation as it stands."""

    id: str
    organisation: str
    agent: str
    items: list[str] | None
    valid_from: datetime
    valid_until: datetime | None
    revoked_at: datetime | None


@router.post("", status_code=201, response_model=DelegationOut)
async def grant_delegation(body: DelegationIn, request: Request, subject: Myself) -> Response:
    """Name an agent (经办人); only the organisation's legal representative can."""
    policy.check(subject, "change_delegations", None, "self")
    commands = provider_of(request).delegations
    wish = Wish(**body.model_dump())

    async def grant(tx: AsyncConnection) -> Answer:
        try:
            return Answer(201, _written(await commands.grant(tx, subject.sub, wish)))
        except RuleBroken as broken:
            raise problem_of(broken) from None

    return await runtime_of(request).idempotency.run(request, caller_of(subject), grant)


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
        organisation=held.organisation,
        agent=held.agent,
        items=None if held.items is None else sorted(held.items),
        valid_from=held.valid_from,
        valid_until=held.valid_until,
        revoked_at=held.revoked_at,
    )
