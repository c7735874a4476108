"""One effect per Idempotency-Key: key, body digest and answer live in the effect's transaction."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import orjson
from pydantic import BaseModel
from sqlalchemy import Column, Integer, LargeBinary, MetaData, String, Table, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response

from shared.clock import now
from shared.db import Database, Document, Key, UTCDateTime
from shared.web.problems import BadRequest, Conflict, IdempotencyKeyReused, Text

KEPT = timedelta(days=7)
_LONGEST_KEY = 128


@dataclass(frozen=True)
class Answer:
    """What a command answers: stored with its effect, and sent again to whoever retries."""

    status: int
    body: BaseModel | bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def content(self) -> bytes:
        """The body as JSON bytes."""
        if isinstance(self.body, BaseModel):
            return orjson.dumps(self.body.model_dump(mode="json", by_alias=True))
        return self.body or b""


@dataclass(frozen=True)
class Caller:
    """Whose key it is: the same key of another client, person or route is another key."""

    client: str
    subject: str
    acting_for: str = ""


def idempotency_table(metadata: MetaData) -> Table:
    """Declare the table of keys and answers on a service's metadata."""
    return Table(
        "idempotency",
        metadata,
        Column("scope", Key(64), primary_key=True),
        Column("digest", String(64), nullable=False),
        Column("status", Integer, nullable=False),
        Column("headers", Document(), nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("at", UTCDateTime(), nullable=False, index=True),
    )


class Idempotency:
    """Runs each command in one transaction, and a retried one not at all."""

    def __init__(self, db: Database, table: Table) -> None:
        self._db = db
        self._table = table

    async def run(
        self,
        request: Request,
        caller: Caller,
        command: Callable[[AsyncConnection], Awaitable[Answer]],
    ) -> Response:
        """The command's answer, or the stored one when its key was committed before.

        Only a committed effect binds a key: a command that raises leaves the key free. A
        concurrent twin waits at the row for the first one's commit and gets the same answer.
        """
        key = request.headers.get("idempotency-key")
        if key is None:
            async with self._db.write() as tx:
                answer = await command(tx)
            return _response(answer.status, answer.content(), answer.headers)
        scope = _scope(key, caller, request)
        digest = hashlib.sha256(await request.body()).hexdigest()
        async with self._db.write() as tx:
            if not await self._claim(tx, scope, digest):
                return await self._replay(tx, scope, digest)
            answer = await command(tx)
            body = answer.content()
            await tx.execute(
                update(self._table)
                .where(self._table.c.scope == scope)
                .values(status=answer.status, headers=answer.headers, body=body)
            )
        return _response(answer.status, body, answer.headers)

    async def forget(self) -> int:
        """Drop the keys that are older than seven days; say how many."""
        async with self._db.write() as tx:
            done = await tx.execute(delete(self._table).where(self._table.c.at < now() - KEPT))
        return done.rowcount

    async def _claim(self, tx: AsyncConnection, scope: str, digest: str) -> bool:
        dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
        row = {
            "scope": scope,
            "digest": digest,
            "status": 0,
            "headers": {},
            "body": b"",
            "at": now(),
        }
        try:
            done = await tx.execute(
                dialect.insert(self._table).values(row).on_conflict_do_nothing()
            )
        except Exception as error:
            if getattr(getattr(error, "orig", None), "sqlstate", None) == "55P03":
                raise Conflict(_TWIN, headers={"Retry-After": "1"}) from error
            raise
        return done.rowcount == 1

    async def _replay(self, tx: AsyncConnection, scope: str, digest: str) -> Response:
        row = (await tx.execute(select(self._table).where(self._table.c.scope == scope))).one()
        if row.digest != digest:
            raise IdempotencyKeyReused(_REUSED)
        return _response(row.status, row.body, row.headers | {"Idempotency-Replayed": "true"})


_TWIN = Text("同一请求正在办理，请稍候再取结果。", "The same request is being handled; ask again.")
_REUSED = Text(
    "这个 Idempotency-Key 已用于另一份内容。", "This Idempotency-Key was used with another body."
)


def _scope(key: str, caller: Caller, request: Request) -> str:
    if not (0 < len(key) <= _LONGEST_KEY and key.isascii() and key.isprintable()):
        raise BadRequest(
            Text(
                f"Idempotency-Key 应为 1–{_LONGEST_KEY} 个可见 ASCII 字符。",
                f"An Idempotency-Key has 1 to {_LONGEST_KEY} printable ASCII characters.",
            )
        )
    parts = [
        caller.client,
        caller.subject,
        caller.acting_for,
        request.method,
        request.url.path,
        key,
    ]
    return hashlib.sha256(orjson.dumps(parts)).hexdigest()


def _response(status: int, body: bytes, headers: dict[str, Any]) -> Response:
    return Response(body, status, headers, media_type="application/json" if body else None)
