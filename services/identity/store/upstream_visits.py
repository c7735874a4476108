"""Ways to an upstream and back that are under way, and logins here that came from one."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from sqlalchemy import Column, LargeBinary, Row, String, Table, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.domain.upstreams import Told
from services.identity.store.logins import logins
from services.identity.store.metadata import metadata
from shared.crypto import FieldCipher, Keyring
from shared.db import Key, UTCDateTime

upstream_visits = Table(
    "upstream_visits",
    metadata,
    Column("id", Key(64), primary_key=True),  # the hash of `state`
    Column("browser", Key(64), nullable=False),
    Column("upstream", Key(32), nullable=False),
    Column("interaction", Key(64)),
    Column("person", Key(40)),
    Column("stage", String(16), nullable=False),
    Column("told", LargeBinary),
    Column("back", String(4000)),
    Column("expires_at", UTCDateTime, nullable=False, index=True),
)

upstream_logins = Table(
    "upstream_logins",
    metadata,
    Column("login", Key(40), primary_key=True),
    Column("upstream", Key(32), nullable=False),
    Column("subject_index", Key(48), nullable=False, index=True),
    Column("sid_hash", Key(64), index=True),
    Column("id_token", LargeBinary, nullable=False),
)

Stage = Literal["asked", "told", "linking", "leaving"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A browser that was sent to an upstream: for which request, or for whose account."""

    id: str
    browser: str
    upstream: str
    expires_at: datetime
    stage: Stage = "asked"
    interaction: str | None = None
    person: str | None = None
    back: str | None = None


@dataclass(frozen=True, slots=True)
class CameFrom:
    """Which login elsewhere a login here came from."""

    login: str
    upstream: str
    id_token: str


class UpstreamVisits:
    """The short-lived records of federation; what was told of people is sealed."""

    def __init__(self, keyring: Callable[[], Keyring]) -> None:
        """`keyring` is asked for when the first field is sealed or opened."""
        self._keyring = keyring

    @cached_property
    def _visits(self) -> FieldCipher:
        return FieldCipher(self._keyring(), "upstream_visits")

    @cached_property
    def _logins(self) -> FieldCipher:
        return FieldCipher(self._keyring(), "upstream_logins")

    async def begin(self, tx: AsyncConnection, visit: Visit) -> None:
        """Remember who was sent where."""
        await tx.execute(insert(upstream_visits).values(**asdict(visit)))

    async def find(
        self, connection: AsyncConnection, id_: str, stage: Stage, now: datetime
    ) -> Visit | None:
        """The visit, if it is at this stage."""
        query = select(upstream_visits).where(*_at(id_, stage), upstream_visits.c.expires_at > now)
        row = (await connection.execute(query)).first()
        return None if row is None else _visit(row)

    async def take(self, tx: AsyncConnection, id_: str, stage: Stage) -> bool:
        """Forget it; False when another was first."""
        done = await tx.execute(delete(upstream_visits).where(*_at(id_, stage)))
        return bool(done.rowcount)

    async def keep(self, tx: AsyncConnection, visit: Visit, told: Told) -> None:
        """Keep what was told until the person has decided."""
        sealed = self._visits.seal("told", visit.id, json.dumps(asdict(told)))
        values = {**asdict(visit), "stage": "told", "told": sealed}
        await tx.execute(insert(upstream_visits).values(**values))

    async def move(self, tx: AsyncConnection, id_: str, of: Stage, to: Stage) -> bool:
        """To the next stage; False when it is not at this one."""
        done = await tx.execute(update(upstream_visits).where(*_at(id_, of)).values(stage=to))
        return bool(done.rowcount)

    async def told(
        self,
        connection: AsyncConnection,
        browser: str,
        interaction: str,
        stage: Stage,
        at: datetime,
    ) -> tuple[Visit, Told] | None:
        """What was told of who came back in this browser for this request."""
        query = select(upstream_visits).where(
            upstream_visits.c.browser == browser,
            upstream_visits.c.interaction == interaction,
            upstream_visits.c.stage == stage,
            upstream_visits.c.expires_at > at,
        )
        row = (await connection.execute(query)).first()
        if row is None or row.told is None:
            return None
        return _visit(row), _told(json.loads(self._visits.open("told", row.id, row.told)))

    async def came_from(self, tx: AsyncConnection, login: str, upstream: str, told: Told) -> None:
        """Remember the login there behind a login here, which may have gone on from another."""
        await tx.execute(delete(upstream_logins).where(upstream_logins.c.login == login))
        await tx.execute(
            insert(upstream_logins).values(
                login=login,
                upstream=upstream,
                subject_index=self._logins.index("subject", f"{upstream} {told.subject}"),
                sid_hash=self._sid(upstream, told.sid) if told.sid else None,
                id_token=self._logins.seal("id_token", login, told.id_token),
            )
        )

    async def origin(self, connection: AsyncConnection, login: str) -> CameFrom | None:
        """The login there behind this one."""
        query = select(upstream_logins).where(upstream_logins.c.login == login)
        row = (await connection.execute(query)).first()
        if row is None:
            return None
        return CameFrom(
            row.login, row.upstream, self._logins.open("id_token", row.login, row.id_token)
        )

    async def logins_of(
        self, connection: AsyncConnection, upstream: str, claims: Mapping[str, str]
    ) -> list[tuple[str, str]]:
        """Login and person of every login here that came from this one there: by `sid`, or `sub`.

        With both, both must fit.
        """
        came = upstream_logins.c
        fits = [came.upstream == upstream]
        if sid := claims.get("sid"):
            fits.append(came.sid_hash == self._sid(upstream, sid))
        if sub := claims.get("sub"):
            fits.append(
                came.subject_index.in_(self._logins.indexes("subject", f"{upstream} {sub}"))
            )
        query = select(logins.c.id, logins.c.person).join(
            upstream_logins, came.login == logins.c.id
        )
        return [(row.id, row.person) for row in await connection.execute(query.where(*fits))]

    def _sid(self, upstream: str, sid: str) -> str:
        return self._logins.index("sid", f"{upstream} {sid}")


async def forget_visits(tx: AsyncConnection, now: datetime) -> None:
    """Drop what nobody finished, and what is known of logins that are forgotten."""
    await tx.execute(delete(upstream_visits).where(upstream_visits.c.expires_at < now))
    known = select(logins.c.id)
    await tx.execute(delete(upstream_logins).where(upstream_logins.c.login.not_in(known)))


def _at(id_: str, stage: Stage) -> tuple[Any, ...]:
    return upstream_visits.c.id == id_, upstream_visits.c.stage == stage


def _visit(row: Row[Any]) -> Visit:
    return Visit(
        id=row.id,
        browser=row.browser,
        upstream=row.upstream,
        expires_at=row.expires_at,
        stage=row.stage,
        interaction=row.interaction,
        person=row.person,
        back=row.back,
    )


def _told(values: Mapping[str, Any]) -> Told:
    return Told(**{**values, "amr": tuple(values["amr"])})
