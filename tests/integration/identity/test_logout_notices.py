"""Telling clients of logouts: retries, giving up, several processes, and where it never goes."""

import asyncio
import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from services.identity.app import create_app
from services.identity.clients.logout_endpoints import LogoutEndpoints
from services.identity.commands.logout_notices import LogoutNotices, Terms
from services.identity.commands.provider import Provider
from services.identity.domain.clients import AUTHORIZATION_CODE, Client
from services.identity.queries.logout_notices import LogoutWatch
from services.identity.settings import Settings
from services.identity.store import logout_notices
from shared.clock import now
from shared.events import Backoff
from shared.http import Guard, Limits, Posting
from tests.support.identity import BASE
from tests.support.receivers import Reply, receiving

ONEBOX = Limits(loopback=True)


@pytest.fixture
async def provider(seeded: Path, tmp_path: Path) -> AsyncGenerator[Provider]:
    """Identity with its data, in which nothing runs beside the test."""
    shutil.copytree(seeded, tmp_path, dirs_exist_ok=True)
    app = create_app(
        Settings(
            TONGBAN_ENVIRONMENT="onebox",
            PUBLIC_BASE=BASE,
            EVENTS_URL=f"sqlite:///{tmp_path}/events.db",
            KEYS_FOLDER=tmp_path / "keys",
            database_url=f"sqlite:///{tmp_path}/identity.db",
        )
    )
    yield app.state.provider
    await app.state.runtime.close()


class Process:
    """One process that tells clients."""

    def __init__(
        self, provider: Provider, limits: Limits = ONEBOX, patience: float = 3600.0
    ) -> None:
        self.registry = CollectorRegistry()
        self.watch = LogoutWatch(provider.db, self.registry)
        self.notices = LogoutNotices(
            provider.db,
            provider.keys,
            LogoutEndpoints(Posting(Guard(limits), 1.0, agent="Test/1"), {}),
            issuer=provider.settings.issuer,
            queued=provider.records.logouts_queued,
            count=self.watch.count,
            terms=Terms(Backoff(0.02, 1.0, 0.02), timedelta(seconds=patience)),
        )

    def counted(self, outcome: str) -> float:
        return self.registry.get_sample_value("logout_notices_total", {"outcome": outcome}) or 0


async def test_a_failing_client_is_tried_until_it_takes_it(provider: Provider) -> None:
    replies = iter([Reply(503), Reply(None), Reply(400), Reply(204)])
    async with receiving(lambda _: next(replies)) as receiver:
        await _queue(provider, receiver.url)
        process = Process(provider)
        await _while_running(lambda: _settled(provider), process)
    assert len(receiver.came) == 4
    assert (process.counted("failed"), process.counted("told")) == (3, 1)


async def test_a_client_that_stays_away_is_given_up_in_the_end(provider: Provider) -> None:
    async with receiving(lambda _: Reply(500)) as receiver:
        await _queue(provider, receiver.url)
        process = Process(provider, patience=0.3)
        await _while_running(lambda: _settled(provider), process)
    assert len(receiver.came) >= 2
    assert process.counted("given_up") == 1


async def test_of_two_processes_one_tells(provider: Provider) -> None:
    async with receiving(lambda _: Reply(200, wait=0.2)) as receiver:
        await _queue(provider, receiver.url)
        await _while_running(lambda: _settled(provider), Process(provider), Process(provider))
        assert len(receiver.came) == 1


async def test_few_are_under_way_to_one_client(provider: Provider) -> None:
    async with receiving(lambda _: Reply(200, wait=0.02)) as receiver:
        await _queue(provider, receiver.url, logins=20)
        await _while_running(lambda: _settled(provider), Process(provider))
        assert len(receiver.taken) == 20
        assert receiver.most_under_way <= 4


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{port}/out", "https://localhost:{port}/out", "http://[::1]:{port}/"]
)
async def test_nothing_inside_is_reached_outside_onebox(provider: Provider, url: str) -> None:
    async with receiving() as inside:
        await _queue(provider, url.format(port=inside.port))
        process = Process(provider, Limits(), patience=0.05)
        await _while_running(lambda: _settled(provider), process)
        assert inside.connections == 0


async def test_a_redirect_is_not_followed(provider: Provider) -> None:
    async with receiving() as elsewhere:
        away = Reply(302, {"Location": elsewhere.url})
        async with receiving(lambda _: away) as receiver:
            await _queue(provider, receiver.url)
            process = Process(provider, patience=0.05)
            await _while_running(lambda: _settled(provider), process)
            assert receiver.came
        assert elsewhere.came == []


async def test_a_client_that_is_told_no_longer_is_left_in_peace(provider: Provider) -> None:
    async with receiving() as receiver:
        await _queue(provider, receiver.url)
        await provider.registration.register(_client(None), "test")
        await _while_running(lambda: _settled(provider), Process(provider))
        assert receiver.came == []


async def test_what_waits_is_shown_to_operators(provider: Provider) -> None:
    await _queue(provider, "https://app.example/out", logins=3)
    process = Process(provider)
    await process.watch.look()
    assert process.registry.get_sample_value("logout_notices_waiting") == 3
    assert (process.registry.get_sample_value("logout_notices_oldest_seconds") or 0) > 0


def _client(uri: str | None) -> Client:
    return Client(
        id="app",
        name="app",
        auth_method="none",
        grant_types=frozenset({AUTHORIZATION_CODE}),
        redirect_uris=("https://app.example/cb",),
        backchannel_logout_uri=uri,
    )


async def _queue(provider: Provider, uri: str, logins: int = 1) -> None:
    await provider.registration.register(_client(uri), "test")
    async with provider.db.write() as tx:
        ended = [f"ses_{n}" for n in range(logins)]
        await logout_notices.queue_for_client(tx, "app", ended, "psn_1", now())


async def _settled(provider: Provider) -> None:
    async with asyncio.timeout(20):
        while True:
            async with provider.db.read() as connection:
                if not (await logout_notices.waiting(connection))[0]:
                    return
            await asyncio.sleep(0.02)


async def _while_running(act: Callable[[], Awaitable[None]], *processes: Process) -> None:
    stop = asyncio.Event()
    running = [asyncio.create_task(process.notices.run(stop)) for process in processes]
    try:
        await act()
    finally:
        stop.set()
        await asyncio.gather(*running)
