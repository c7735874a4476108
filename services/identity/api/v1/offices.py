"""What the endpoints of staff have in common: how an office is shown, and one act on one office."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import Path, Request, Response
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.api.v1.caller import holds, problem_of, provider_of, runtime_of
from services.identity.commands.staff import Offices
from services.identity.domain.errors import RuleBroken
from services.identity.policy import policy
from services.identity.queries.staff import ADMINISTRATION, record_of
from services.identity.store.staff import Held, lock_staff
from shared.auth import Subject
from shared.service import caller_of
from shared.web import Answer, etag, expected_version, require_version
from shared.web.problems import NotFound

AtDesk = Annotated[Subject, holds("staff")]
OfficeId = Annotated[str, Path(max_length=40, description="stf_…")]
ENDS = Field(None, description="its last moment, such as the end of a contract; null: none")
NO_OFFICE = "There is no such office, or you may not see it."
Problems = dict[int | str, dict[str, Any]]
ACT_PROBLEMS: Problems = {
    409: {"description": "a rule does not allow it, such as roles that exclude each other"},
    412: {"description": "the office changed since it was read: by whom and when"},
}

Do = Callable[[AsyncConnection, Offices, Held], Awaitable[Held]]


class OfficeOut(BaseModel):
    """An office as it stands; its holder by opaque id."""

    id: str
    person: str
    department: str
    region: str
    positions: list[str]
    roles: list[str]
    status: str = Field(description="pending (nobody works in it yet), active or deactivated")
    ends_at: AwareDatetime | None
    version: int
    changed_at: datetime


class NamedOfficeOut(OfficeOut):
    """The same with the holder's name; he sees in his access log who read it."""

    name: str | None


def office_out(held: Held) -> OfficeOut:
    """The model of an office."""
    return OfficeOut(**_values(held))


def named_out(held: Held, name: str | None) -> NamedOfficeOut:
    """The model with the name."""
    return NamedOfficeOut(**_values(held), name=name)


def _values(held: Held) -> dict[str, Any]:
    office = held.office
    return {
        "id": office.id,
        "person": office.person,
        "department": office.department,
        "region": office.region,
        "positions": list(office.positions),
        "roles": list(office.roles),
        "status": held.status,
        "ends_at": office.ends_at,
        "version": held.version,
        "changed_at": held.changed_at,
    }


async def act_on(request: Request, subject: Subject, id_: str, act: str, do: Do) -> Response:
    """One act: decided, unchanged since it was read, done once for its key, answered."""
    offices, runtime = provider_of(request).offices, runtime_of(request)

    async def run(tx: AsyncConnection) -> Answer:
        held = await locked(tx, subject, id_, act)
        require_version(
            expected_version(request), held.version, by=held.changed_by, at=held.changed_at
        )
        try:
            done = await do(tx, offices, held)
        except RuleBroken as broken:
            raise problem_of(broken) from None
        return Answer(200, office_out(done), {"ETag": etag(done.version)})

    return await runtime.idempotency.run(request, caller_of(subject), run)


async def locked(tx: AsyncConnection, subject: Subject, id_: str, act: str) -> Held:
    """The office, on which the subject may do this; locked."""
    held = await lock_staff(tx, id_)
    record = await record_of(tx, held) if held is not None else None
    if held is None or record is None:
        policy.check(subject, act, None, ADMINISTRATION)
        raise NotFound(NO_OFFICE)
    policy.check(subject, act, record, ADMINISTRATION)
    return held
