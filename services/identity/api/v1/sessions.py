"""A person's logins, each of which he can end from elsewhere, and what happened to his account."""

from datetime import datetime
from typing import Annotated, Literal

import orjson
from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.api.v1.caller import holds, provider_of, runtime_of
from services.identity.clients.messages.notices import notice
from services.identity.domain.logins import Login
from services.identity.policy import policy
from services.identity.queries.sessions import open_sessions, security_events_of
from services.identity.store import logins
from shared.auth import Subject
from shared.i18n import negotiate
from shared.service import caller_of
from shared.web import Answer, Cursor, Limit, Page, decode_cursor, encode_cursor
from shared.web.problems import NotFound

router = APIRouter(prefix="/v1/me", tags=["me"])

Myself = Annotated[Subject, holds("identity.self")]


class SessionOut(BaseModel):
    """One login in one browser."""

    id: str
    this: bool = Field(description="whether the token that asks comes from it")
    device: str = Field(description="browser and system; empty when unknown")
    address: str = Field(description="where it was, covered in part")
    amr: list[str] = Field(description="by what the person proved who he is (RFC 8176)")
    began_at: datetime
    last_seen_at: datetime | None
    expires_at: datetime


class SessionsOut(BaseModel):
    """All that are open."""

    items: list[SessionOut]


class SessionEnded(BaseModel):
    """A login after its end."""

    id: str
    status: Literal["ended"]


class OthersEnded(BaseModel):
    """How many logins were ended."""

    ended: int


class SecurityEventOut(BaseModel):
    """Something that happened to the security of the account."""

    id: str
    at: datetime
    kind: str
    text: str


@router.get("/sessions", response_model=SessionsOut)
async def read_sessions(request: Request, subject: Myself) -> SessionsOut:
    """Where I am logged in; the one that was seen last comes first."""
    policy.check(subject, "see_sessions", None, "self")
    found = await open_sessions(provider_of(request).db, subject.sub)
    return SessionsOut(items=[_written(one, subject) for one in found])


@router.post("/sessions/end-others", response_model=OthersEnded)
async def end_other_sessions(request: Request, subject: Myself) -> Response:
    """Log out everywhere else; the clients of those logins are told."""
    policy.check(subject, "end_session", None, "self")
    sessions = provider_of(request).sessions

    async def end(tx: AsyncConnection) -> Answer:
        kept = await logins.find_login(tx, subject.sid or "")
        if kept is None:
            raise NotFound("The login of this token is over.")
        ended = await sessions.end_others(tx, kept)
        return Answer(200, orjson.dumps({"ended": ended}))

    return await runtime_of(request).idempotency.run(request, caller_of(subject), end)


@router.post("/sessions/{session}/end", response_model=SessionEnded)
async def end_session(
    session: Annotated[str, Path(max_length=40)], request: Request, subject: Myself
) -> Response:
    """Log out there; the clients of that login are told."""
    policy.check(subject, "end_session", None, "self")
    sessions = provider_of(request).sessions

    async def end(tx: AsyncConnection) -> Answer:
        if not await sessions.end(tx, subject.sub, session):
            raise NotFound("There is no such login of yours.")
        return Answer(200, orjson.dumps({"id": session, "status": "ended"}))

    return await runtime_of(request).idempotency.run(request, caller_of(subject), end)


@router.get("/security-events", response_model=Page[SecurityEventOut])
async def read_security_events(
    request: Request, subject: Myself, cursor: Cursor = None, limit: Limit = 50
) -> Page[SecurityEventOut]:
    """What happened to my account, newest first."""
    policy.check(subject, "see_sessions", None, "self")
    before = str(decode_cursor(cursor, str)[0]) if cursor else None
    language = negotiate(request.headers.get("accept-language"), None)
    found = await security_events_of(provider_of(request).db, subject.sub, limit + 1, before)
    shown = found[:limit]
    items = [
        SecurityEventOut(
            id=one.id, at=one.at, kind=one.kind, text=notice(one.kind, one.facts, language)
        )
        for one in shown
    ]
    return Page(items=items, next=encode_cursor([shown[-1].id]) if len(found) > limit else None)


def _written(login: Login, subject: Subject) -> SessionOut:
    return SessionOut(
        id=login.id,
        this=login.id == subject.sid,
        device=login.device,
        address=login.address,
        amr=list(login.amr),
        began_at=login.auth_time,
        last_seen_at=login.last_seen_at,
        expires_at=login.expires_at,
    )
