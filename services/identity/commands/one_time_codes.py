"""One-time codes by SMS or e-mail: six digits, five minutes, five tries, for one browser."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from services.identity.clients.messages import Kind, Message, Messages, NotSent
from services.identity.commands.attempts import Attempts
from services.identity.commands.entrance import Expired, WrongCredentials
from services.identity.commands.secrets import Derived
from services.identity.store import challenges
from services.identity.store.challenges import Challenge
from shared.clock import now
from shared.db import Database
from shared.i18n import Language

LIFE = timedelta(minutes=5)
_MOST_TRIES = 5
_DIGITS = 6
_log = structlog.get_logger("messages")

Sending = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Where a code goes, and whose it is; `person` is None where nobody is known by it."""

    kind: Kind
    to: str
    person: str | None
    language: Language = "zh"


class OneTimeCodes:
    """Nobody learns from the answer, nor from how long it takes, whether an account is there."""

    def __init__(
        self, db: Database, derived: Derived, attempts: Attempts, messages: Messages
    ) -> None:
        self._db = db
        self._derived = derived
        self._attempts = attempts
        self._messages = messages

    async def ask(
        self, purpose: str, bound: tuple[str, ...], receiver: Receiver, address: str
    ) -> Sending:
        """A new code in the place of an earlier one; raises Wait.

        It is sent by calling what is returned, after the page has been answered.
        """
        await self._attempts.admit(self._attempts.of_code(receiver.to, address))
        id_, moment = self._derived.value("code", purpose, *bound), now()
        code = f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}"
        asked = Challenge(
            id=id_,
            kind=f"code:{receiver.kind}"[:16],
            person=receiver.person,
            data={"hash": self._derived.value("digits", id_, code), "kind": receiver.kind},
            created_at=moment,
            expires_at=moment + LIFE,
        )
        async with self._db.write() as tx:
            await challenges.put_challenge(tx, asked)

        async def send() -> None:
            if receiver.person is None:
                return
            minutes = str(int(LIFE.total_seconds()) // 60)
            message = Message(
                kind=receiver.kind,
                to=receiver.to,
                template="one_time_code",
                values={"code": code, "minutes": minutes},
                language=receiver.language,
            )
            try:
                await self._messages.send(message)
            except NotSent as error:
                _log.warning("one_time_code_not_sent", kind=receiver.kind, reason=error.reason)

        return send

    async def check(self, purpose: str, bound: tuple[str, ...], typed: str) -> tuple[str, Kind]:
        """Whose code it is and how it was sent, once; WrongCredentials or Expired."""
        id_, code = self._derived.value("code", purpose, *bound), "".join(typed.split())
        async with self._db.write() as tx:
            asked = await challenges.find_challenge(tx, id_, now(), lock=True)
            if asked is not None:
                await challenges.count_try(tx, id_)
            over = asked is None or asked.tries >= _MOST_TRIES
            right = (
                asked is not None
                and not over
                and self._derived.same(asked.data["hash"], "digits", id_, code)
            )
            if right:
                await challenges.drop_challenge(tx, id_)
        if asked is None or over:
            raise Expired
        if not right or asked.person is None:
            raise WrongCredentials
        return asked.person, asked.data["kind"]

    async def waits(self, purpose: str, bound: tuple[str, ...]) -> bool:
        """Whether a code has been asked for that is still good."""
        id_ = self._derived.value("code", purpose, *bound)
        async with self._db.read() as connection:
            found = await challenges.find_challenge(connection, id_, now())
        return found is not None and found.tries < _MOST_TRIES
