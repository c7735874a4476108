"""Between HTTP and the commands: who asks, the idempotency key, and the problems that can come."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Path
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response

from services.cases.commands import Asking, Office
from services.cases.commands.gathering import Sources
from services.cases.domain import Moment
from shared.auth import Subject
from shared.failpoints import declare, failpoint
from shared.i18n import negotiate
from shared.service import Runtime, caller_of
from shared.telemetry import facts
from shared.web import Answer, expected_version

AFTER_COMMIT = declare(
    "cases.after_commit_before_answer", "the act is committed, its caller has no answer yet"
)
Number = Annotated[
    str, Path(pattern="^[0-9A-Z]{30}(-[0-9]{2})?$", description="the case number (办件编号)")
]
_PROBLEM: dict[str, Any] = {"content": {"application/problem+json": {}}}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems that a route declares in its contract."""
    return {status: {"description": _MEANINGS[status], **_PROBLEM} for status in statuses}


_MEANINGS = {
    400: "the request cannot be read",
    401: "no valid token",
    403: "not allowed, or a surer login is required (step-up-required)",
    404: "no such case, or the caller may not know of it",
    409: "the act does not fit the status (act-not-allowed), or the item is not open",
    412: "somebody else changed the case meanwhile",
    422: "fields need mending, or the idempotency key was used for another body",
    503: "something that is needed is away; retry with the same key",
}
ACT_PROBLEMS = problems(400, 401, 403, 404, 409, 412, 422, 503)
READ_PROBLEMS = problems(400, 401, 403, 404, 503)


def asking_of(request: Request, subject: Subject) -> Asking:
    """Who asks, in which language, having seen which version."""
    if (number := request.path_params.get("number")) is not None:
        facts(case_number=number)
    _, _, token = request.headers.get("authorization", "").partition(" ")
    language = negotiate(request.headers.get("accept-language"))
    return Asking(subject, language, expected_version(request), token.strip())


def office_of(request: Request) -> Office:
    """The tools of the commands."""
    office: Office = request.app.state.office
    return office


def sources_of(request: Request) -> Sources:
    """Identity and the departments' sources."""
    sources: Sources = request.app.state.sources
    return sources


Command = Callable[[AsyncConnection, Office, Asking, Moment], Awaitable[Answer]]


async def run(request: Request, subject: Subject, command: Command) -> Response:
    """One act: one transaction, one effect per idempotency key, answered after its commit."""
    runtime: Runtime = request.app.state.runtime
    office, asking = office_of(request), asking_of(request, subject)
    moment = await office.moment()
    response = await runtime.idempotency.run(
        request, caller_of(subject), lambda tx: command(tx, office, asking, moment)
    )
    failpoint(AFTER_COMMIT)
    return response
