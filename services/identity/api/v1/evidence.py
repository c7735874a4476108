"""The administrators' acts, for the audit administrator (审计管理员), who changes nothing."""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import AwareDatetime, BaseModel

from services.identity.api.v1.caller import provider_of
from services.identity.api.v1.offices import AtDesk
from services.identity.policy import policy
from services.identity.queries.evidence import acts_before
from services.identity.queries.staff import ADMINISTRATION
from shared.web import Cursor, Limit, Page, decode_cursor, encode_cursor

router = APIRouter(prefix="/v1/evidence", tags=["staff"])


class ActOut(BaseModel):
    """One act as its evidence has it: opaque ids and codes, no name."""

    id: str
    at: AwareDatetime
    act: str
    subject: str
    actor: str
    facts: dict[str, Any]


@router.get("", response_model=Page[ActOut])
async def read_evidence(
    request: Request, subject: AtDesk, cursor: Cursor = None, limit: Limit = 50
) -> Page[ActOut]:
    """What was changed in identity, by whom; the newest first."""
    policy.check(subject, "read_evidence", None, ADMINISTRATION)
    before = str(decode_cursor(cursor, str)[0]) if cursor else None
    async with provider_of(request).db.read() as connection:
        found = await acts_before(connection, before, limit + 1)
    shown = found[:limit]
    following = encode_cursor([shown[-1].id]) if len(found) > limit else None
    items = [
        ActOut(
            id=one.id,
            at=one.at,
            act=one.act,
            subject=one.subject,
            actor=one.actor,
            facts=one.facts,
        )
        for one in shown
    ]
    return Page(items=items, next=following)
