"""Helping to log in (协助登录) at a window."""

from datetime import datetime
from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.api.v1.caller import provider_of
from services.identity.api.v1.window import Account, Clerk, Number, Reference, clerk_of, found, run
from services.identity.clients.messages import Message, NotSent
from services.identity.domain.errors import NotAllowed
from services.identity.policy import policy
from shared.web import Body

router = APIRouter(prefix="/v1/window", tags=["window"])


class HelpIn(Body):
    """Whose account it is, the number on the card that was compared with the face, and the paper.

    `slip`: the code is in the answer, to be printed. `sms`: it goes to the account's phone.
    """

    account: Account
    id_number: Number
    evidence: Reference
    channel: Literal["slip", "sms"] = "slip"


class HelpOut(BaseModel):
    """For whom, until when; the code only where it is to be printed."""

    person: str
    expires_at: datetime
    code: str | None


@router.post("/logins", status_code=201, response_model=HelpOut)
async def help_to_log_in(body: HelpIn, request: Request, subject: Clerk) -> Response:
    """A code for one login of half an hour, for a person who stands at the window."""

    async def give(tx: AsyncConnection) -> HelpOut:
        provider, person = provider_of(request), await found(request, tx, body.account)
        policy.check(subject, "prove_at_window", frozenset({person.id}), "administration")
        helped = await provider.window_logins.give(
            tx,
            person,
            id_number=body.id_number,
            channel=body.channel,
            staff=clerk_of(subject),
            reference=body.evidence,
        )
        if body.channel == "slip":
            return HelpOut(person=person.id, expires_at=helped.expires_at, code=helped.code)
        await _send(request, person.open("phone"), helped.code)
        return HelpOut(person=person.id, expires_at=helped.expires_at, code=None)

    return await run(request, subject, give)


async def _send(request: Request, phone: str | None, code: str) -> None:
    """Sent before the commit: without it there is no code to be typed."""
    values = {"code": code, "minutes": "10"}
    try:
        if phone is None:
            raise NotSent("no_phone")
        message = Message(kind="sms", to=phone, template="one_time_code", values=values)
        await provider_of(request).messages.send(message)
    except NotSent:
        raise NotAllowed(
            "短信发不出去，请改为打印。", "The message cannot be sent: print a slip."
        ) from None
