"""Asking departments, and who asked what."""

import re
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Path, Request, Response
from pydantic import AfterValidator, Field, StringConstraints, model_validator

from services.exchange.api.common import ResourceCode, code_of, database, problems
from services.exchange.api.models import (
    AnswerOut,
    CallOut,
    CallWithValues,
    SourceOut,
    call_out,
    call_with_values,
)
from services.exchange.commands import Asking, Given, Reread
from services.exchange.domain import Asked, Party
from services.exchange.policy import policy
from services.exchange.store import Calls
from shared.auth import Subject, requires
from shared.web import Body, Cursor, Limit, Page, decode_cursor, encode_cursor

router = APIRouter(prefix="/v1", tags=["calls"])

Asker = Annotated[Subject, requires("exchange.query")]
CallId = Annotated[str, Path(pattern=r"^cal_[0-9a-f]{32}$")]
OpaqueId = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,8}_[0-9A-Za-z]{1,64}$")]
FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
_CASE_NUMBER = re.compile(r"[0-9]{29}[0-9A-Z](-[0-9]{2})?")
_NEVER = {"Cache-Control": "no-store"}


def _case_number(text: str) -> str:
    """It goes into the event and the evidence of the call: an identity number must not."""
    if not _CASE_NUMBER.fullmatch(text):
        raise ValueError("a case number has 29 digits and a check character")
    return text


CaseNumber = Annotated[
    str, StringConstraints(pattern="^[0-9A-Z-]{1,33}$"), AfterValidator(_case_number)
]


class Key(Body):
    """About whom, by the id that identity gave; an identity number is refused."""

    person: Annotated[OpaqueId, StringConstraints(pattern=r"^psn_")] | None = None
    organisation: Annotated[OpaqueId, StringConstraints(pattern=r"^org_")] | None = None

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if (self.person is None) == (self.organisation is None):
            raise ValueError("name either a person or an organisation")
        return self

    def party(self) -> Party:
        """About whom."""
        kinds: tuple[tuple[Literal["person", "organisation"], str | None], ...] = (
            ("person", self.person),
            ("organisation", self.organisation),
        )
        return next(Party(kind, value) for kind, value in kinds if value is not None)


class QueryIn(Body):
    """A question to a department."""

    key: Key
    purpose: str = Field(pattern="^[a-z_]{1,40}$", description="prefill, case or self")
    case: CaseNumber | None = Field(None, description="the case's number")
    item: str | None = Field(None, pattern="^[0-9A-Za-z_.-]{1,64}$", description="the item's code")
    fields: Annotated[list[FieldName], Field(min_length=1, max_length=200)] | None = Field(
        None, description="the fields that are needed; left out: all that the permit gives"
    )

    def asked(self) -> Asked:
        """The question; a field that is named twice is asked once."""
        fields = tuple(dict.fromkeys(self.fields or ()))
        return Asked(self.key.party(), self.purpose, fields, self.item, self.case)


@router.post(
    "/resources/{code}/query",
    responses=problems(403, 404, 422, 502, 503),
    openapi_extra={"x-safe": True},  # a question changes nothing: it takes no Idempotency-Key
)
async def query_resource(
    code: ResourceCode, query: QueryIn, request: Request, response: Response, asker: Asker
) -> AnswerOut:
    """Ask a department under a permit; the call is recorded, whatever comes of it."""
    asking: Asking = request.app.state.asking
    given = await asking.ask(asker, code_of(code), query.asked())
    response.headers.update(_NEVER)
    return _answer(given)


@router.get("/calls/{call_id}", responses=problems(403, 404))
async def read_call(
    call_id: CallId, request: Request, response: Response, asker: Asker
) -> CallWithValues:
    """A call again, with its values while they are kept, for who made it."""
    reread: Reread = request.app.state.reread
    call, values = await reread.call(asker, call_id)
    response.headers.update(_NEVER)
    return call_with_values(call, values)


@router.get("/me/calls", responses=problems(403))
async def list_own_calls(
    request: Request, response: Response, asker: Asker, cursor: Cursor = None, limit: Limit = 20
) -> Page[CallOut]:
    """Who asked which department about me, when, for what and on what ground; newest first."""
    visible = policy.scope(asker, "own_calls", "self")
    before = decode_cursor(cursor, str)[0] if cursor else None
    async with database(request).read() as connection:
        found = await Calls(connection).page(visible, before, limit + 1)
    page = found[:limit]
    response.headers.update(_NEVER)
    following = encode_cursor([page[-1].id]) if len(found) > limit else None
    return Page(items=[call_out(one) for one in page], next=following)


def _answer(given: Given) -> AnswerOut:
    return AnswerOut(
        values=dict(given.values),
        source=SourceOut(
            resource=given.resource.code,
            name=given.resource.name,
            owner=given.resource.owner,
            as_of=given.as_of,
            basis=given.basis,
            call=given.call,
        ),
    )
