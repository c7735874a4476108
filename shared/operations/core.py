"""Everything that the operators' API of one service stands on."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from shared import clock
from shared.auth import Subject
from shared.db import Database
from shared.events import (
    Consumer,
    ConsumerState,
    DeadLetter,
    DeadLetterGone,
    DeadLetters,
    DeadLetterUnusable,
    Relay,
    instance,
)
from shared.operations.decisions import Decisions
from shared.operations.models import (
    Choice,
    ConsumerOut,
    Decided,
    OutboxOut,
    QueuesOut,
    ReplayedMany,
    ReplayMany,
    Skipped,
)
from shared.operations.problems import problem_of
from shared.policy import Policy
from shared.web import Idempotency, require_version

_PATIENCE = 3.0
_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Operations:
    """The queues and dead letters of one service."""

    service: str
    db: Database
    relay: Relay
    consumers: Sequence[Consumer]
    decisions: Decisions
    idempotency: Idempotency
    policy: Policy[Subject, None]

    @property
    def letters(self) -> DeadLetters:
        """The dead letters."""
        return self.decisions.letters

    async def queues(self) -> QueuesOut:
        """What waits to leave and to be handled."""
        outbox, *consumers = await asyncio.gather(
            self._outbox(), *(_state(consumer) for consumer in self.consumers)
        )
        return QueuesOut(
            service=self.service, instance=instance(), outbox=outbox, consumers=consumers
        )

    async def find(
        self, connection: AsyncConnection, id_: str, *, locked: bool = False
    ) -> DeadLetter:
        """The letter of this id; a number that was used again is another letter."""
        read = self.letters.locked if locked else self.letters.inspect
        try:
            letter = await read(connection, int(id_.partition("-")[0]))
        except DeadLetterUnusable as unusable:
            raise problem_of(unusable) from None
        if id_of(letter) != id_:
            raise problem_of(DeadLetterGone(f"{id_} is another event"))
        return letter

    async def decide(
        self,
        tx: AsyncConnection,
        id_: str,
        decision: Choice,
        *,
        who: str,
        why: str,
        seen: int | None,
    ) -> Decided:
        """Replay or discard the letter, unless somebody decided since the caller has seen it."""
        letter = await self.find(tx, id_, locked=True)
        made = await self.letters.decisions_on(tx, letter)
        by, at = (made[-1].who, made[-1].decided_at) if made else ("", letter.parked_at)
        require_version(seen, len(made) + 1, by=by, at=at)
        act = self.decisions.replay if decision == "replay" else self.decisions.discard
        try:
            await act(tx, letter, who=who, why=why)
        except DeadLetterUnusable as unusable:
            raise problem_of(unusable) from None
        return Decided(id=id_, decision=decision)

    async def replay_many(self, tx: AsyncConnection, asked: ReplayMany, who: str) -> ReplayedMany:
        """Have all tried again that fit, as many as were asked for at most."""
        found = await self.letters.list(
            tx, limit=asked.limit + 1, consumer=asked.consumer, topic=asked.topic,
            subject=asked.subject, type=asked.type,
        )  # fmt: skip
        replayed: list[str] = []
        skipped: list[Skipped] = []
        for letter in found[: asked.limit]:
            try:
                await self.decisions.replay(tx, letter, who=who, why=asked.why)
            except DeadLetterUnusable as unusable:
                skipped.append(Skipped(id=id_of(letter), reason=str(unusable)))
            else:
                replayed.append(id_of(letter))
        return ReplayedMany(replayed=replayed, skipped=skipped, more=len(found) > asked.limit)

    async def _outbox(self) -> OutboxOut:
        state = await self.relay.state()
        return OutboxOut(
            waiting=state.waiting,
            refused=state.refused,
            oldest_seconds=state.oldest.total_seconds(),
            leader=state.leader,
            last_error=state.last_error,
        )


def id_of(letter: DeadLetter) -> str:
    """The letter's number with a digest of its event: SQLite gives a free number again."""
    digest = hashlib.sha256(f"{letter.consumer} {letter.event_id}".encode()).hexdigest()
    return f"{letter.id}-{digest[:_DIGITS]}"


async def _state(consumer: Consumer) -> ConsumerOut:
    state = await _read(consumer)
    failed = state.last_error_at
    return ConsumerOut(
        group=consumer.group,
        lag=state.lag,
        parked=state.parked,
        dead=state.dead,
        last_error=state.last_error,
        last_error_seconds=(clock.now() - failed).total_seconds() if failed else None,
    )


async def _read(consumer: Consumer) -> ConsumerState:
    """A bus that does not answer must not keep the rest of the page waiting."""
    try:
        async with asyncio.timeout(_PATIENCE):
            return await consumer.state()
    except TimeoutError:
        return await consumer.state(ask_bus=False)
