"""Authorization requests that wait for a person to log in or to choose."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Column, LargeBinary, Row, Table, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.domain.claims import ClaimsRequest
from services.identity.domain.grants import AuthorizationRequest, ToldBefore
from services.identity.domain.logins import Login
from services.identity.store.metadata import metadata
from shared.crypto import FieldCipher, Keyring
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
    Column("consented", Key(40)),
    Column("login_hint", LargeBinary),
)

MYSELF = "myself"


@dataclass(frozen=True, slots=True)
class Interaction:
    """A request under way: what the person did for it so far.

    `login` was made for it, with `chosen` for whom; who `consented`, by his login.
    """

    id: str
    request: AuthorizationRequest
    asked_at: datetime
    expires_at: datetime
    login: str | None
    chosen: str | None
    consented: str | None
    sealed_hint: bytes | None

    def chosen_by(self, login: Login) -> bool:
        """Whether the person of this login said for whom he acts, or as what."""
        return self.chosen is not None and self.login == login.id


class LoginHints:
    """A `login_hint` may be a phone number: it is sealed while its request waits."""

    def __init__(self, keyring: Callable[[], Keyring]) -> None:
        """`keyring` is asked for when the first hint is sealed or opened."""
        self._keyring = keyring

    @cached_property
    def _cipher(self) -> FieldCipher:
        return FieldCipher(self._keyring(), "interactions")

    def seal(self, interaction: str, hint: str | None) -> bytes | None:
        """The hint for the row of this interaction."""
        return None if hint is None else self._cipher.seal("login_hint", interaction, hint)

    def open(self, interaction: Interaction) -> str:
        """What the client says somebody will log in as; empty when it says nothing."""
        sealed = interaction.sealed_hint
        return "" if sealed is None else self._cipher.open("login_hint", interaction.id, sealed)


async def add_interaction(
    tx: AsyncConnection,
    id_: str,
    request: AuthorizationRequest,
    *,
    at: datetime,
    expires_at: datetime,
    sealed_hint: bytes | None = None,
) -> None:
    """Keep a request while the person is asked."""
    await tx.execute(
        insert(interactions).values(
            id=id_,
            request=_written(request),
            asked_at=at,
            expires_at=expires_at,
            login_hint=sealed_hint,
        )
    )


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
    return Interaction(
        row.id,
        _read(row.request),
        row.asked_at,
        row.expires_at,
        row.login,
        row.chosen,
        row.consented,
        row.login_hint,
    )


async def logged_in_for(tx: AsyncConnection, id_: str, login: str) -> None:
    """Store that this login was made for the request; an earlier choice does not count for it."""
    done = update(interactions).where(interactions.c.id == id_)
    await tx.execute(done.values(login=login, chosen=None))


async def chosen_for(tx: AsyncConnection, id_: str, login: str, chosen: str) -> None:
    """Store for whom the person of this login acts."""
    done = update(interactions).where(interactions.c.id == id_)
    await tx.execute(done.values(login=login, chosen=chosen))


async def consented_by(tx: AsyncConnection, id_: str, login: str) -> None:
    """Store that the person of this login allowed what the request asks."""
    done = update(interactions).where(interactions.c.id == id_)
    await tx.execute(done.values(consented=login))


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
        "claims": request.claims.written(),
        "acr_values": list(request.acr_values),
        "told_before": asdict(request.told_before) if request.told_before else None,
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
        claims=ClaimsRequest.read(values.get("claims")),
        acr_values=tuple(values.get("acr_values", ())),
        told_before=ToldBefore(**told) if (told := values.get("told_before")) else None,
    )
