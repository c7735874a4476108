"""Authorization requests that wait for a person to log in or to choose."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Row, Table, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.domain.grants import AuthorizationRequest
from services.identity.store.metadata import metadata
from shared.db import Document, Key, UTCDateTime

interactions = Table(
    "interactions",
    metadata,
    Column("id", Key(64), primary_key=True),
    Column("request", Document(), nullable=False),
    Column("asked_at", UTCDateTime, nullable=False),
    Column("expires_at", UTCDateTime, nullable=False, index=True),
    Column("login", Key(40)),
    Column("chosen", Key(40)),
)

MYSELF = "myself"


@dataclass(frozen=True, slots=True)
class Interaction:
    """A request under way; `login` and `chosen` are what the person did for it so far."""

    id: str
    request: AuthorizationRequest
    asked_at: datetime
    expires_at: datetime
    login: str | None
    chosen: str | None


async def add_interaction(
    tx: AsyncConnection,
    id_: str,
    request: AuthorizationRequest,
    *,
    at: datetime,
    expires_at: datetime,
) -> None:
    """Keep a request while the person is asked."""
    row = {"id": id_, "request": _written(request), "asked_at": at, "expires_at": expires_at}
    await tx.execute(insert(interactions).values(row))


async def find_interaction(
    connection: AsyncConnection,
    id_: str,
    now: datetime,
) -> Interaction | None:
    """The request with this id, if it still waits."""
    query = select(interactions).where(interactions.c.id == id_, interactions.c.expires_at > now)
    row: Row[Any] | None = (await connection.execute(query)).first()
    if row is None:
        return None
    request = _read(row.request)
    return Interaction(row.id, request, row.asked_at, row.expires_at, row.login, row.chosen)


async def logged_in_for(tx: AsyncConnection, id_: str, login: str) -> None:
    """Store that this login was made for the request; an earlier choice does not count for it."""
    done = update(interactions).where(interactions.c.id == id_)
    await tx.execute(done.values(login=login, chosen=None))


async def chosen_for(tx: AsyncConnection, id_: str, login: str, chosen: str) -> None:
    """Store for whom the person of this login acts."""
    done = update(interactions).where(interactions.c.id == id_)
    await tx.execute(done.values(login=login, chosen=chosen))


async def take_interaction(tx: AsyncConnection, id_: str) -> bool:
    """Remove the request; False when another was first."""
    done = await tx.execute(delete(interactions).where(interactions.c.id == id_))
    return bool(done.rowcount)


async def forget_interactions(tx: AsyncConnection, now: datetime) -> None:
    """Drop requests that nobody finished."""
    await tx.execute(delete(interactions).where(interactions.c.expires_at < now))


def _written(request: AuthorizationRequest) -> dict[str, Any]:
    return {
        "client": request.client,
        "redirect_uri": request.redirect_uri,
        "scopes": sorted(request.scopes),
        "audience": list(request.audience),
        "challenge": request.challenge,
        "state": request.state,
        "nonce": request.nonce,
        "prompt": sorted(request.prompt),
        "max_age": request.max_age,
        "response_mode": request.response_mode,
        "dpop_jkt": request.dpop_jkt,
    }


def _read(values: Mapping[str, Any]) -> AuthorizationRequest:
    return AuthorizationRequest(
        client=values["client"],
        redirect_uri=values["redirect_uri"],
        scopes=frozenset(values["scopes"]),
        audience=tuple(values["audience"]),
        challenge=values["challenge"],
        state=values["state"],
        nonce=values["nonce"],
        prompt=frozenset(values["prompt"]),
        max_age=values["max_age"],
        response_mode=values["response_mode"],
        dpop_jkt=values.get("dpop_jkt"),
    )
