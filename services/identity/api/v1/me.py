"""What a person sees of himself: data, for whom he may act, and who read his record."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from services.identity.api.v1.caller import holds, provider_of, runtime_of
from services.identity.queries.choices import Choice, choices_of
from services.identity.queries.people import PersonReads, masked, plain
from shared.access import Access
from shared.auth import Subject
from shared.web import Cursor, Limit, Page, decode_cursor, encode_cursor
from shared.web.problems import Forbidden, NotFound

router = APIRouter(prefix="/v1/me", tags=["me"])

_ITEM_CODE = r"^[0-9A-Za-z][0-9A-Za-z_.-]{0,63}$"
Myself = Annotated[Subject, holds("identity.self")]


class OrganisationOut(BaseModel):
    """An organisation by its public register entry."""

    id: str
    code: str
    name: str


class ActedForOut(BaseModel):
    """An organisation by its public register entry, or a person by his name."""

    type: Literal["person", "org"]
    id: str
    code: str = Field(description="empty for a person")
    name: str


class FamilyOut(BaseModel):
    """An authority to act for a child or a relative."""

    delegation: str
    basis: str = Field(description="guardian or relative")
    person: str
    name: str
    items: list[str] | None = Field(description="codes of items; null means every item")
    valid_until: datetime | None


class ActingOut(BaseModel):
    """An authority to act for an organisation."""

    delegation: str
    basis: Literal["legal_representative", "agent"]
    organisation: OrganisationOut
    items: list[str] | None = Field(description="codes of items; null means every item")
    valid_until: datetime | None


class MeOut(BaseModel):
    """The person; numbers are masked unless the purpose needs them whole."""

    id: str
    login_name: str | None
    name: str | None
    id_number: str | None
    phone: str | None
    email: str | None
    level: int
    acting_for: ActedForOut | None = Field(description="for whom this token acts")
    may_act_for: list[ActingOut] = Field(description="organisations")
    family: list[FamilyOut] = Field(description="children and relatives for whom he may act")


class PrincipalOut(BaseModel):
    """A family member for whom somebody acts."""

    id: str
    name: str | None
    id_number: str | None
    phone: str | None
    email: str | None
    level: int


class AccessOut(BaseModel):
    """One read of the person's record."""

    id: str
    at: datetime
    reader: str
    client: str
    department: str | None
    fields: list[str]
    purpose: str
    basis: str
    case: str | None


@router.get("", response_model=MeOut)
async def read_me(
    request: Request,
    subject: Myself,
    purpose: Annotated[
        Literal["self", "prefill"], Query(description="prefill: whole numbers, for one's own form")
    ] = "self",
    item: Annotated[
        str | None,
        Query(pattern=_ITEM_CODE, description="the code of the item whose form is filled"),
    ] = None,
) -> MeOut:
    """Who is logged in, and for whom he may act; reading whole numbers goes into the access log."""
    if purpose == "prefill" and item is None:
        raise Forbidden("purpose=prefill names the item whose form is filled: item=…")
    provider, runtime = provider_of(request), runtime_of(request)
    reads = PersonReads(provider.db, provider.people, runtime.access)
    person = await reads.own(subject, purpose, item)
    if person is None:
        raise NotFound("There is no such person.")
    found = await choices_of(provider.db, provider.people, person.id)
    fields = plain(person) if purpose == "prefill" else masked(person)
    return MeOut(
        id=person.id,
        login_name=person.login_name,
        level=person.level,
        acting_for=next((_acted_for(one) for one in found.all if _is_now(one, subject)), None),
        may_act_for=[_acting(one) for one in found.organisations],
        family=[_family(one) for one in found.family],
        **fields,
    )


@router.get("/principal", response_model=PrincipalOut)
async def read_principal(
    request: Request,
    subject: Myself,
    item: Annotated[str, Query(pattern=_ITEM_CODE, description="whose form is filled")],
) -> PrincipalOut:
    """The family member for whom this token acts, with whole numbers, for the form of an item.

    He sees this read in his own access log.
    """
    provider, runtime = provider_of(request), runtime_of(request)
    reads = PersonReads(provider.db, provider.people, runtime.access)
    found = await reads.principal(subject, item)
    if found is None:
        raise NotFound("There is no such person.")
    return PrincipalOut(id=found.id, level=found.level, **plain(found))


@router.get("/access-log", response_model=Page[AccessOut])
async def read_access_log(
    request: Request, subject: Myself, cursor: Cursor = None, limit: Limit = 50
) -> Page[AccessOut]:
    """Who read my record, when, why and on what basis; newest first."""
    before = str(decode_cursor(cursor, str)[0]) if cursor else None
    runtime = runtime_of(request)
    async with runtime.db.read() as connection:
        found = await runtime.access.of_person(
            connection, subject.sub, before=before, limit=limit + 1
        )
    shown = found[:limit]
    following = encode_cursor([shown[-1].id]) if len(found) > limit else None
    return Page(items=[_access(one) for one in shown], next=following)


def _is_now(choice: Choice, subject: Subject) -> bool:
    now = subject.on_behalf_of
    return now is not None and choice.delegation.id == now.delegation


def _acted_for(choice: Choice) -> ActedForOut:
    principal = choice.delegation.principal
    return ActedForOut(
        type=principal.type, id=principal.id, code=choice.code or "", name=choice.name
    )


def _family(choice: Choice) -> FamilyOut:
    held = choice.delegation
    return FamilyOut(
        delegation=held.id,
        basis=held.basis,
        person=held.principal.id,
        name=choice.name,
        items=None if held.items is None else sorted(held.items),
        valid_until=held.valid_until,
    )


def _acting(choice: Choice) -> ActingOut:
    held = choice.delegation
    return ActingOut(
        delegation=held.id,
        basis="agent" if held.basis == "agent" else "legal_representative",
        organisation=OrganisationOut(
            id=held.principal.id, code=choice.code or "", name=choice.name
        ),
        items=None if held.items is None else sorted(held.items),
        valid_until=held.valid_until,
    )


def _access(one: Access) -> AccessOut:
    return AccessOut(
        id=one.id,
        at=one.at,
        reader=one.reader,
        client=one.client_id,
        department=one.department,
        fields=list(one.fields),
        purpose=one.purpose,
        basis=one.basis,
        case=one.case_number,
    )
