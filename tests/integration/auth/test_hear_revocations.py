"""A verifier that hears from the bus what to refuse."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from shared import clock
from shared.auth import InvalidToken, RevocationFeed, Verifier
from shared.auth.revocation_feed import TOPIC
from shared.events import Delivery, Envelope, Message, Tail
from shared.events.sqlite import SQLiteBus
from tests.support.stations import QUICK, running, until
from tests.support.tokens import TokenMaker
from tests.support.troubled_bus import TroubledBus

FACTS = {
    "staff_deactivated": ("staff", "stf_1"),
    "delegation_revoked": ("delegation", "dlg_1"),
    "session_ended": ("session", "ses_1"),
    "token_revoked": ("token", "jti_1"),
    "person_closed": ("person", "psn_1"),
}
CLAIMS: dict[str, Any] = {
    "sub": "psn_1",
    "jti": "jti_1",
    "sid": "ses_1",
    "staff": {"id": "stf_1", "department": "d", "region": "r"},
    "on_behalf_of": {"type": "org", "id": "org_1", "delegation": "dlg_1"},
}


def told(fact: str, at: datetime | None = None, **data: object) -> Message:
    """An event of identity; without data it names what the token of CLAIMS bears."""
    attribute, identifier = FACTS.get(fact, ("key", "kid_1"))
    return Message.of(
        Envelope(
            source="/services/identity",
            type=f"{TOPIC}.{fact}.v1",
            subject=identifier,
            sequence=1,
            data=data or {attribute: identifier, "more": "of no interest"},
            time=at or clock.now(),
        )
    )


class Hearer:
    """A process that verifies tokens and follows the bus."""

    def __init__(self, bus: TroubledBus, tokens: TokenMaker) -> None:
        self.verifier = Verifier(tokens.jwks, tokens.issuer, None)
        self.registry = CollectorRegistry()
        self.feed = RevocationFeed(bus, self.verifier, self.registry, backoff=QUICK)

    @property
    def heard(self) -> float | None:
        return self.registry.get_sample_value("revocations_heard")

    async def refuses(self, token: str) -> bool:
        try:
            await self.verifier.verify(token)
        except InvalidToken:
            return True
        return False

    async def soon_refuses(self, token: str) -> None:
        """Wait a second at most."""
        await until(lambda: self.refuses(token), seconds=1)


@pytest.fixture
def tokens() -> TokenMaker:
    return TokenMaker()


@pytest.fixture
async def bus(tmp_path: Path) -> AsyncGenerator[TroubledBus]:
    bus = TroubledBus(SQLiteBus(tmp_path / "events.db"))
    yield bus
    await bus.close()


@asynccontextmanager
async def hearing(bus: TroubledBus, tokens: TokenMaker) -> AsyncGenerator[Hearer]:
    hearer = Hearer(bus, tokens)
    async with running(hearer.feed.run):
        await hearer.feed.caught_up()
        yield hearer
    await hearer.verifier.close()


@pytest.mark.parametrize("fact", FACTS)
async def test_what_was_revoked_is_refused_within_a_second(
    bus: TroubledBus, tokens: TokenMaker, fact: str
) -> None:
    token, other = tokens.token(**CLAIMS), tokens.token(sub="psn_2", sid="ses_2")
    async with hearing(bus, tokens) as hearer:
        await hearer.verifier.verify(token)
        await bus.publish(TOPIC, [told(fact)])
        await hearer.soon_refuses(token)
        assert not await hearer.refuses(other)


async def test_what_a_withdrawn_key_signed_is_refused_though_it_was_known(
    bus: TroubledBus, tokens: TokenMaker
) -> None:
    token, stolen = tokens.token(**CLAIMS), tokens.key
    tokens.roll()
    async with hearing(bus, tokens) as hearer:
        await hearer.verifier.verify(token)
        await bus.publish(TOPIC, [told("signing_key_withdrawn", key=stolen.kid)])
        await hearer.soon_refuses(token)
        assert not await hearer.refuses(tokens.token(**CLAIMS))
        assert await hearer.refuses(tokens.token(key=stolen, **CLAIMS))


async def test_an_office_can_be_given_again(bus: TroubledBus, tokens: TokenMaker) -> None:
    before, after = tokens.token(**CLAIMS, iat=_ago(20)), tokens.token(**CLAIMS)
    async with hearing(bus, tokens) as hearer:
        ended = clock.now() - timedelta(seconds=10)
        await bus.publish(TOPIC, [told("staff_deactivated", ended)])
        await hearer.soon_refuses(before)
        assert not await hearer.refuses(after)


async def test_a_login_whose_end_crossed_with_a_token_is_refused(
    bus: TroubledBus, tokens: TokenMaker
) -> None:
    crossed = tokens.token(**CLAIMS)
    async with hearing(bus, tokens) as hearer:
        ended = clock.now() - timedelta(seconds=10)
        await bus.publish(TOPIC, [told("session_ended", ended)])
        await hearer.soon_refuses(crossed)


async def test_a_restart_brings_nothing_back_to_life(bus: TroubledBus, tokens: TokenMaker) -> None:
    token = tokens.token(**CLAIMS)
    others = [told("session_ended", session=f"ses_{n}") for n in range(1200)]
    await bus.publish(TOPIC, [*others, told("delegation_revoked")])
    for _ in range(2):
        async with hearing(bus, tokens) as hearer:
            assert await hearer.refuses(token)
            assert hearer.heard == 1


async def test_what_names_no_id_is_told_and_the_rest_is_heard(
    bus: TroubledBus, tokens: TokenMaker, caplog: pytest.LogCaptureFixture
) -> None:
    token = tokens.token(**CLAIMS)
    foreign = Message("00000000-0000-7000-8000-000000000001", "x", "a", b"{}")
    async with hearing(bus, tokens) as hearer:
        nameless = told("session_ended", session=7)
        await bus.publish(TOPIC, [foreign, nameless, told("session_ended")])
        await hearer.soon_refuses(token)
    assert f"{nameless.id} names no session" in caplog.text
    assert "is no event: specversion" in caplog.text


async def test_a_bus_that_is_away_holds_nobody_up_and_is_tried_again(
    bus: TroubledBus, tokens: TokenMaker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    token = tokens.token(**CLAIMS)
    await bus.publish(TOPIC, [told("session_ended")])
    bus.down = True
    async with hearing(bus, tokens) as hearer:
        assert hearer.heard == 0
        assert not await hearer.refuses(token)
        bus.down = False
        await hearer.soon_refuses(token)
        assert hearer.heard == 1
    assert "revocations are not heard: BusUnavailable" in caplog.text
    assert "revocations are heard again" in caplog.text
    assert hearer.heard == 0


async def test_it_waits_without_looking_and_stops_at_once(
    bus: TroubledBus, tokens: TokenMaker
) -> None:
    counting = CountingBus(bus)
    async with hearing(counting, tokens):
        await asyncio.sleep(0.5)
        assert counting.fetches == 1
        begun = monotonic()
    assert monotonic() - begun < 1


class CountingBus(TroubledBus):
    """Counts how often a tail is asked for events."""

    fetches = 0

    async def tail(self, topics: Sequence[str], since: datetime) -> Tail:
        return CountingTail(self, await super().tail(topics, since))


class CountingTail:
    def __init__(self, bus: CountingBus, tail: Tail) -> None:
        self._bus = bus
        self._tail = tail
        self.lag = tail.lag
        self.close = tail.close

    async def fetch(self, limit: int, seconds: float) -> list[Delivery]:
        self._bus.fetches += 1
        return await self._tail.fetch(limit, seconds)


def _ago(seconds: float) -> int:
    return int(clock.now().timestamp() - seconds)
