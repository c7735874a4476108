"""What the department does: its people, or its own system."""

from typing import Annotated

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.cases.api.bodies import (
    DecideIn,
    DeliverIn,
    ExtendIn,
    NoteIn,
    RefuseIn,
    RequestCorrectionIn,
    SuspendIn,
)
from services.cases.api.edge import ACT_PROBLEMS, Number, run
from services.cases.commands import Receipt
from services.cases.commands.accept import accept as accept_case
from services.cases.commands.decide import Decision
from services.cases.commands.decide import decide as decide_case
from services.cases.commands.deliver import deliver as deliver_case
from services.cases.commands.extend import extend as extend_case
from services.cases.commands.refuse import Refusal
from services.cases.commands.refuse import refuse as refuse_case
from services.cases.commands.request_correction import request_correction as ask_correction
from services.cases.commands.suspend import resume as resume_case
from services.cases.commands.suspend import suspend as suspend_case
from shared.auth import Subject
from shared.auth.fastapi import requires

router = APIRouter(prefix="/v1/cases/{number}", tags=["department"], responses=ACT_PROBLEMS)
NOTHING = NoteIn()  # these acts may come without a body
Handling = Annotated[Subject, requires("cases.handle")]


@router.post("/accept", response_model=Receipt)
async def accept(
    number: Number, request: Request, subject: Handling, body: NoteIn = NOTHING
) -> Response:
    """Accept the application (受理): the term for the decision begins."""
    return await run(
        request,
        subject,
        lambda tx, office, asking, now: accept_case(tx, office, number, asking, now, body.note),
    )


@router.post("/refuse", response_model=Receipt)
async def refuse(number: Number, body: RefuseIn, request: Request, subject: Handling) -> Response:
    """Do not accept it (不予受理), with reasons, whom to turn to, and the remedies."""
    refusal = Refusal(body.ground, body.reasons, body.remedies, body.referral)
    return await run(
        request,
        subject,
        lambda tx, office, asking, now: refuse_case(tx, office, number, asking, now, refusal),
    )


@router.post("/request-correction", response_model=Receipt)
async def request_correction(
    number: Number, body: RequestCorrectionIn, request: Request, subject: Handling
) -> Response:
    """Tell once everything that has to be corrected (一次性告知)."""
    return await run(
        request,
        subject,
        lambda tx, office, asking, now: ask_correction(
            tx,
            office,
            number,
            asking,
            now,
            fields=body.fields,
            materials=body.materials,
            reasons=body.reasons,
        ),
    )


@router.post("/suspend", response_model=Receipt)
async def suspend(number: Number, body: SuspendIn, request: Request, subject: Handling) -> Response:
    """Begin a special procedure (特别程序): the clock stands."""
    return await run(
        request,
        subject,
        lambda tx, office, asking, now: suspend_case(
            tx,
            office,
            number,
            asking,
            now,
            ground=body.ground,
            days=body.days,
            reasons=body.reasons,
        ),
    )


@router.post("/resume", response_model=Receipt)
async def resume(
    number: Number, request: Request, subject: Handling, body: NoteIn = NOTHING
) -> Response:
    """End the special procedure: the clock goes on."""
    return await run(
        request,
        subject,
        lambda tx, office, asking, now: resume_case(tx, office, number, asking, now, body.note),
    )


@router.post("/extend", response_model=Receipt)
async def extend(number: Number, body: ExtendIn, request: Request, subject: Handling) -> Response:
    """Extend the term once (延长审批); who sends this approves it."""
    return await run(
        request,
        subject,
        lambda tx, office, asking, now: extend_case(
            tx, office, number, asking, now, days=body.days, reasons=body.reasons
        ),
    )


@router.post("/decide", response_model=Receipt)
async def decide(number: Number, body: DecideIn, request: Request, subject: Handling) -> Response:
    """Decide (办结): granted or refused."""
    decision = Decision(body.outcome, body.result, body.reasons, body.remedies)
    return await run(
        request,
        subject,
        lambda tx, office, asking, now: decide_case(tx, office, number, asking, now, decision),
    )


@router.post("/deliver", response_model=Receipt)
async def deliver(number: Number, body: DeliverIn, request: Request, subject: Handling) -> Response:
    """Record the delivery of the decision (送达)."""
    return await run(
        request,
        subject,
        lambda tx, office, asking, now: deliver_case(
            tx, office, number, asking, now, means=body.means, note=body.note
        ),
    )
