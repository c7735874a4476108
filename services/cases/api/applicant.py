"""What the applicant does."""

from typing import Annotated

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.cases.api.bodies import CorrectIn, FormIn, StartIn, WithdrawIn, calls_of
from services.cases.api.edge import (
    ACT_PROBLEMS,
    Number,
    asking_of,
    office_of,
    run,
    sources_of,
)
from services.cases.commands import Receipt
from services.cases.commands.correct import correct as correct_case
from services.cases.commands.edit import edit
from services.cases.commands.start import Wanted, prepare, start
from services.cases.commands.submit import gathered_for
from services.cases.commands.submit import submit as submit_case
from services.cases.commands.withdraw import withdraw as withdraw_case
from services.cases.domain import Status
from shared.auth import Subject
from shared.auth.fastapi import requires

router = APIRouter(prefix="/v1/cases", tags=["applicant"], responses=ACT_PROBLEMS)
NO_REASONS = WithdrawIn()
Applying = Annotated[Subject, requires("cases.apply")]


@router.post("", status_code=201, response_model=Receipt)
async def start_case(body: StartIn, request: Request, subject: Applying) -> Response:
    """Start a case: keep a draft, or submit at once. Its number stays for ever."""
    wanted = Wanted(
        body.item, body.form, body.channel, body.status == "submitted", calls_of(body.provenance)
    )
    office, asking = office_of(request), asking_of(request, subject)
    prepared = await prepare(office, sources_of(request), asking, wanted)
    return await run(
        request, subject, lambda tx, office, asking, _: start(tx, office, asking, wanted, prepared)
    )


@router.put("/{number}/form", response_model=Receipt)
async def change_form(
    number: Number, body: FormIn, request: Request, subject: Applying
) -> Response:
    """Replace the form of a draft, which may be unfinished."""
    return await run(
        request,
        subject,
        lambda tx, office, asking, now: edit(
            tx, office, number, asking, body.form, calls_of(body.provenance), now
        ),
    )


@router.post("/{number}/submit", response_model=Receipt)
async def submit(number: Number, request: Request, subject: Applying) -> Response:
    """Submit the draft (提交申请): the form has to be whole."""
    gathered = await gathered_for(
        office_of(request),
        sources_of(request),
        number,
        asking_of(request, subject),
        Status.DRAFT,
        {},
    )
    return await run(
        request,
        subject,
        lambda tx, office, asking, now: submit_case(tx, office, number, asking, gathered, now),
    )


@router.post("/{number}/correct", response_model=Receipt)
async def correct(number: Number, body: CorrectIn, request: Request, subject: Applying) -> Response:
    """Supply what the correction notice asked for (补正)."""
    gathered = await gathered_for(
        office_of(request),
        sources_of(request),
        number,
        asking_of(request, subject),
        Status.CORRECTING,
        body.form,
    )
    return await run(
        request,
        subject,
        lambda tx, office, asking, now: correct_case(
            tx, office, number, asking, body.form, body.note, gathered, now
        ),
    )


@router.post("/{number}/withdraw", response_model=Receipt)
async def withdraw(
    number: Number, request: Request, subject: Applying, body: WithdrawIn = NO_REASONS
) -> Response:
    """Withdraw the application before the decision (撤回)."""
    return await run(
        request,
        subject,
        lambda tx, office, asking, now: withdraw_case(
            tx, office, number, asking, now, body.reasons
        ),
    )
