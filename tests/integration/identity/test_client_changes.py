"""What is known of a client for a second never outlives its change by more."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace

import pytest

from services.identity.commands.known_clients import KnownClients
from services.identity.commands.secrets import digest
from services.identity.commands.together import Together
from services.identity.domain.clients import CLIENT_CREDENTIALS, Client
from tests.support.identity import World

GRANT = {"grant_type": "client_credentials"}
SYSTEM = Client(
    id="system",
    name="业务系统",
    auth_method="client_secret_basic",
    secret_hash=digest("first"),
    grant_types=frozenset({CLIENT_CREDENTIALS}),
    own_scopes=frozenset({"catalogue.read"}),
)


async def _status(world: World, secret: str) -> int:
    return (await world.token(GRANT, auth=("system", secret))).status_code


async def test_a_change_here_counts_at_once(world: World) -> None:
    await world.register(SYSTEM)
    assert await _status(world, "first") == 200
    await world.register(replace(SYSTEM, secret_hash=digest("second")))
    assert (await _status(world, "first"), await _status(world, "second")) == (401, 200)


async def test_a_change_elsewhere_counts_within_a_second(world: World) -> None:
    await world.register(SYSTEM)
    assert await _status(world, "first") == 200
    known, elsewhere = world.provider.clients, KnownClients(world.provider.db)
    world.provider.registration._known = elsewhere  # as another process has its own
    await world.register(replace(SYSTEM, secret_hash=digest("second")))
    world.provider.registration._known = known
    assert await _status(world, "second") == 200  # who comes with the new one need not wait
    assert await _status(world, "first") == 401
    await world.register(SYSTEM)


async def test_what_was_known_is_asked_for_again_after_a_second(world: World) -> None:
    await world.register(SYSTEM)
    here, elsewhere = KnownClients(world.provider.db), world.provider.clients
    assert await here.find("system") == SYSTEM
    changed = replace(SYSTEM, name="另一个名字")
    await world.register(changed)
    assert (await here.find("system"), await elsewhere.find("system")) == (SYSTEM, changed)
    await asyncio.sleep(1.05)
    assert await here.find("system") == changed


async def test_many_who_ask_at_once_are_answered_by_few_statements() -> None:
    asked: list[list[int]] = []

    async def ask(keys: Collection[int]) -> Mapping[int, str]:
        asked.append(list(keys))
        await asyncio.sleep(0.01)
        return {key: str(key) for key in keys if key % 2 == 0}

    together = Together(ask)
    first = asyncio.create_task(together(0))
    await asyncio.sleep(0.005)
    told = await asyncio.gather(*(together(key) for key in (*range(1, 50), *range(1, 50))))
    assert told == [str(key) if key % 2 == 0 else None for key in range(1, 50)] * 2
    assert (await first, [len(keys) for keys in asked]) == ("0", [1, 49])


async def test_whoever_waits_is_told_that_asking_failed() -> None:
    async def ask(_keys: Collection[int]) -> Mapping[int, str]:
        raise ConnectionError("away")

    together = Together(ask)
    with pytest.raises(ConnectionError):
        await asyncio.gather(together(1), together(2))
    with pytest.raises(ConnectionError):
        await together(3)
