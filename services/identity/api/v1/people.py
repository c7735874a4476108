"""Natural persons: opening an account, and what services may read of somebody."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field

from services.identity.api.v1.caller import holds, problem_of, provider_of, runtime_of
from services.identity.commands.attempts import Wait
from services.identity.commands.passwords import TooBusy
from services.identity.domain.errors import RuleBroken
from services.identity.queries.client_address import client_address
from services.identity.queries.people import PersonReads
from shared.auth import Subject
from shared.web import Body, Text
from shared.web.problems import NotFound, ServiceUnavailable, TooManyRequests

router = APIRouter(prefix="/v1/people", tags=["people"])

Sealed = Literal["name", "id_number", "phone", "email"]


class PersonIn(Body):
    """Three fields, and the account works at once (level 1)."""

    login_name: str = Field(max_length=32)
    phone: str = Field(max_length=20)
    password: str = Field(max_length=256)


class RegisteredOut(BaseModel):
    """The new account."""

    id: str
    level: int


class PersonOut(BaseModel):
    """The fields that were asked for; null where the person has not told them."""

    id: str
    level: int
    fields: dict[Sealed, str | None]


_REGISTRATION: dict[int | str, dict[str, Any]] = {
    409: {"description": "a rule does not allow it, such as a login name that is taken"},
    429: {"description": "too many accounts from this address: wait as Retry-After says"},
}


@router.post("", status_code=201, response_model=RegisteredOut, responses=_REGISTRATION)
async def register_person(body: PersonIn, request: Request) -> RegisteredOut:
    """Open an account. The login name makes a retry harmless: it cannot be taken twice."""
    provider = provider_of(request)
    address = client_address(request, provider.settings.trusted_proxies)
    try:
        person = await provider.register_person(**body.model_dump(), address=address)
    except RuleBroken as broken:
        raise problem_of(broken) from None
    except Wait as wait:
        raise TooManyRequests(
            Text("注册过于频繁。", "Too many accounts from this address."),
            headers={"Retry-After": str(wait.seconds)},
        ) from None
    except TooBusy:
        raise ServiceUnavailable(retry_after=5) from None
    return RegisteredOut(id=person, level=1)


@router.get("/{person}", response_model=PersonOut)
async def read_person(
    person: Annotated[str, Path(max_length=40)],
    request: Request,
    subject: Annotated[Subject, holds("identity.manage")],
    purpose: Annotated[Literal["case", "exchange", "prefill"], Query(description="why")],
    fields: Annotated[
        list[Sealed], Query(min_length=1, max_length=4, description="repeat it for each field")
    ],
    case: Annotated[str | None, Query(max_length=40, description="the case it is for")] = None,
) -> PersonOut:
    """Fields of a person for a service of the platform; the person sees this read in the log."""
    provider = provider_of(request)
    reads = PersonReads(provider.db, provider.people, runtime_of(request).access)
    found = await reads.of(subject, person, purpose=purpose, case=case, fields=fields)
    if found is None:
        raise NotFound("There is no such person.")
    return PersonOut(id=person, level=found[0].level, fields=found[1])
