"""Deciding on dead letters, with evidence of who did it: by command and by API alike."""

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import DeadLetter, DeadLetters, InboxTables
from shared.evidence import Evidence


class Decisions:
    """Replays and discards the dead letters of one service, each in the caller's transaction."""

    def __init__(self, inbox: InboxTables, evidence: Evidence) -> None:
        self.letters = DeadLetters(inbox)
        self._evidence = evidence

    async def replay(self, tx: AsyncConnection, letter: DeadLetter, *, who: str, why: str) -> None:
        """Have it tried again."""
        await self.letters.replay(tx, letter.id, who=who, why=why)
        await self._prove(tx, letter, "replay_dead_letter", who)

    async def discard(self, tx: AsyncConnection, letter: DeadLetter, *, who: str, why: str) -> None:
        """Give it up."""
        await self.letters.discard(tx, letter.id, who=who, why=why)
        await self._prove(tx, letter, "discard_dead_letter", who)

    async def _prove(self, tx: AsyncConnection, letter: DeadLetter, act: str, who: str) -> None:
        """The operator's own words stay out: they may name somebody."""
        facts = {
            "consumer": letter.consumer,
            "event": letter.event_id,
            "type": letter.type,
            "sequence": letter.sequence,
            "parked": letter.why.value,
        }
        await self._evidence.record(tx, act=act, subject=letter.subject, actor=who, facts=facts)
