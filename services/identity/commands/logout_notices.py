"""Telling clients that a login has ended (OpenID Connect Back-Channel Logout 1.0).

A notice is queued in the transaction that ends the login, and leased before it is sent, so of two
processes one sends it. Who dies in between leaves a lease that ends: at least once.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from services.identity.clients.logout_endpoints import LogoutEndpoints
from services.identity.commands.logout_token import logout_token
from services.identity.commands.signing import SigningKeys
from services.identity.commands.subjects import told_subject
from services.identity.domain.clients import Client
from services.identity.store import clients, logout_notices
from services.identity.store.logout_notices import LogoutNotice
from shared.changes import Changes
from shared.clock import now
from shared.db import Database, DatabaseError
from shared.events import Backoff
from shared.http import Answer

Count = Callable[[str], None]

_LOOK_SECONDS = 1.0
_COMMIT_SECONDS = 0.05
_AT_ONCE = 4  # under way to one client
_IN_ALL = 64
_GIVEN_UP_AFTER = timedelta(hours=24)
_AWAY = (DatabaseError, SQLAlchemyError, OSError)
_log = structlog.get_logger("logout")


@dataclass(frozen=True, slots=True)
class Terms:
    """For how long a client is tried, and how often."""

    backoff: Backoff = field(default_factory=lambda: Backoff(first=2.0, factor=3.0, cap=3600.0))
    patience: timedelta = _GIVEN_UP_AFTER


class LogoutNotices:
    """Sends what is queued until it is stopped."""

    def __init__(
        self,
        db: Database,
        keys: SigningKeys,
        endpoints: LogoutEndpoints,
        *,
        issuer: str,
        queued: Changes,
        count: Count,
        terms: Terms | None = None,
    ) -> None:
        """`queued` tells of new ones in this process; `count(outcome)` hears of each attempt."""
        self._db = db
        self._keys = keys
        self._endpoints = endpoints
        self._issuer = issuer
        self._queued = queued
        self._count = count
        self._terms = terms or Terms()
        self._lease = timedelta(seconds=endpoints.longest * 2)
        self._under_way: dict[asyncio.Task[None], str] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Send until the stop; what is under way is finished first."""
        news = self._queued.cursor()
        try:
            while not stop.is_set():
                more = await self._turn()
                if not more and await news.wait(_LOOK_SECONDS):
                    await asyncio.sleep(_COMMIT_SECONDS)  # it was told inside its transaction
            await asyncio.gather(*self._under_way)
        finally:
            for task in self._under_way:
                task.cancel()
            await asyncio.gather(*self._under_way, return_exceptions=True)
            await self._endpoints.close()

    async def _turn(self) -> bool:
        """Begin what can be begun; True when there was something."""
        begun = False
        try:
            async with self._db.read() as connection:
                due = await logout_notices.clients_due(connection, now())
            for client in due:
                begun |= await self._begin(client)
        except _AWAY as error:
            await _log.awarning("logout notices wait", why=type(error).__name__)
            return False
        return begun

    async def _begin(self, id_: str) -> bool:
        own = Counter(self._under_way.values())[id_]
        free = min(_AT_ONCE - own, _IN_ALL - len(self._under_way))
        if free <= 0:
            return False
        moment = now()
        async with self._db.write() as tx:
            client = await clients.find_client(tx, id_)
            taken = await logout_notices.claim(tx, id_, moment, moment + self._lease, free)
        for notice in taken:
            task = asyncio.create_task(self._tell(client, notice))
            self._under_way[task] = id_
            task.add_done_callback(self._done)
        return bool(taken)

    def _done(self, task: asyncio.Task[None]) -> None:
        del self._under_way[task]
        self._queued.notify()  # there is room for the next

    async def _tell(self, client: Client | None, notice: LogoutNotice) -> None:
        try:
            if client is None:
                answer = Answer(None, "no_endpoint")
            else:
                token = await self._token(client, notice)
                answer = await self._endpoints.post(client, token)
            await self._mark(notice, answer)
        except _AWAY as error:
            # Not marked: the lease ends, and it is sent again.
            await _log.awarning("a logout notice is unmarked", why=type(error).__name__)
        except Exception as error:  # noqa: BLE001 - one client must not end all others
            await _log.aerror("a logout notice failed", why=repr(error))

    async def _token(self, client: Client, notice: LogoutNotice) -> str:
        async with self._db.read() as connection:
            sub = await told_subject(connection, client, notice.person)
        return logout_token(
            await self._keys.signer(),
            issuer=self._issuer,
            client=client.id,
            sub=sub,
            sid=notice.login,
            moment=now(),
        )

    async def _mark(self, notice: LogoutNotice, answer: Answer) -> None:
        again = None if answer.is_success else self._again(notice, answer)
        async with self._db.write() as tx:
            if again is None:
                await logout_notices.settle(tx, notice.id)
            else:
                await logout_notices.put_off(tx, notice.id, again)
        if answer.is_success:
            self._count("told")
        elif again is None:
            self._count("given_up")
            await _log.aerror(
                "a client was not told of a logout", client=notice.client, why=answer.reason
            )
        else:
            self._count("failed")
            await _log.awarning(
                "a client is told of a logout later", client=notice.client, why=answer.reason
            )

    def _again(self, notice: LogoutNotice, answer: Answer) -> datetime | None:
        """When to try again; None when there is no use in it."""
        if answer.reason == "no_endpoint":
            return None
        wait = max(self._terms.backoff.delay(notice.attempts), answer.retry_after or 0.0)
        again = now() + timedelta(seconds=wait)
        return again if again <= notice.queued_at + self._terms.patience else None
