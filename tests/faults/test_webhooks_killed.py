"""Exchange is killed at each point around a delivery: sent again, in order, and never lost."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

import services.exchange.commands  # noqa: F401 - declares the failpoints
from services.exchange.app import create_app
from services.exchange.commands import Owner
from services.exchange.settings import Settings
from services.exchange.store import Queue, SigningVault
from shared.db import Database
from shared.events import Message
from shared.failpoints import POINTS
from tests.support.exchange import POLICE, case_event
from tests.support.receivers import Receiver, is_signed, receiving
from tests.support.sources import ROOT

NUMBERS = ["990102000000202611210010000011", "990102000000202611210010000021"]
EACH = 4
WEBHOOK_POINTS = sorted(name for name in POINTS if name.startswith("exchange.webhook."))


@asynccontextmanager
async def serving(environment: dict[str, str], failpoint: str = "") -> AsyncGenerator[Process]:
    """A process of exchange, killed at the end of the block at the latest."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.exchange", "serve"),
        *("--uds", f"{environment['KEYS_FOLDER']}/exchange.sock"),
        env={**os.environ, **environment, "PYTHONPATH": str(ROOT), "FAILPOINT": failpoint},
        stdout=DEVNULL,
        stderr=DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def subscribed(environment: dict[str, str], url: str) -> str:
    """A migrated database with a subscription, and events on the bus; gives its secret."""
    given = environment | {"database_url": environment["EXCHANGE_DATABASE_URL"]}
    app = create_app(Settings.model_validate(given))
    runtime = app.state.runtime
    await runtime.migrations.upgrade(runtime.db)
    wants = {"url": url, "types": [], "items": [], "regions": [], "description": ""}
    async with runtime.db.write() as tx:
        made = await app.state.subscribing.make(tx, Owner("vendor", POLICE), wants, None)
        row = (await tx.exec_driver_sql("SELECT secret FROM subscriptions")).one()
    secret = SigningVault(lambda: runtime.keyring).open(made, row.secret)
    for step in range(1, EACH + 1):
        events = [case_event("case_extended", step, number=number) for number in NUMBERS]
        await runtime.bus.publish("tongban.cases", [Message.of(event) for event in events])
    await runtime.close()
    return secret


async def ended(process: Process, receiver: Receiver, database: Database) -> None:
    """Wait until all is delivered and marked."""
    async with asyncio.timeout(90):
        while len(receiver.taken) < EACH * len(NUMBERS) or await _waiting(database):
            assert process.returncode is None
            await asyncio.sleep(0.05)


async def _waiting(database: Database) -> bool:
    async with database.read() as connection:
        return any(row.waiting for row in await Queue(connection).oldest())


@pytest.mark.parametrize(
    ("name", "at"),
    [
        *((name, 1) for name in WEBHOOK_POINTS),
        *((f"exchange.webhook.{point}", 3) for point in ("before_send", "after_send", "marked")),
    ],
)
async def test_a_kill_around_a_delivery_loses_nothing_and_keeps_the_order(
    name: str, at: int, tmp_path: Path
) -> None:
    environment = _environment(f"sqlite:///{tmp_path}/exchange.db", tmp_path)
    async with receiving() as receiver:
        secret = await subscribed(environment, receiver.url)
        async with serving(environment, f"{name}:kill@{at}") as process:
            async with asyncio.timeout(90):
                assert await process.wait() == -signal.SIGKILL
        database = Database(environment["EXCHANGE_DATABASE_URL"])
        async with serving(environment) as process:
            await ended(process, receiver, database)
        await database.dispose()
    assert_all_came_in_order(receiver, secret)


async def test_a_kill_between_sending_and_marking_is_survived_on_postgresql(
    database_url: str, tmp_path: Path
) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("the other tests of this file are on SQLite")
    environment = _environment(database_url, tmp_path)
    async with receiving() as receiver:
        secret = await subscribed(environment, receiver.url)
        for at in (1, 2):
            async with serving(environment, f"exchange.webhook.after_send:kill@{at}") as process:
                async with asyncio.timeout(90):
                    assert await process.wait() == -signal.SIGKILL
        database = Database(database_url)
        async with serving(environment) as process:
            await ended(process, receiver, database)
        await database.dispose()
    assert_all_came_in_order(receiver, secret)
    assert len(receiver.taken) > EACH * len(NUMBERS)  # what was sent and not marked came again


def assert_all_came_in_order(receiver: Receiver, secret: str) -> None:
    """Each subject's events come from the first to the last; a repeat goes back by one at most."""
    for number in NUMBERS:
        steps = [step for _, step in receiver.places(number)]
        assert list(dict.fromkeys(steps)) == list(range(1, EACH + 1))
        assert steps == sorted(steps)
    assert all(is_signed(secret, delivery) for delivery in receiver.taken)
    ids = {delivery.headers["webhook-id"] for delivery in receiver.taken}
    assert len(ids) == EACH * len(NUMBERS)


def _environment(database_url: str, folder: Path) -> dict[str, str]:
    return {
        "EXCHANGE_DATABASE_URL": database_url,
        "EVENTS_URL": f"sqlite:///{folder}/events.db",
        "KEYS_FOLDER": str(folder / "keys"),
        "TONGBAN_ENVIRONMENT": "onebox",
        "IDENTITY_URL": "http://127.0.0.1:9",
        "EXCHANGE_WEBHOOK_SECONDS": "4",
        "EXCHANGE_WEBHOOK_RETRY_SECONDS": "0.1",
    }
