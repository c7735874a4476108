"""Signing keys follow each other by schedule: published ahead, switched, retired, withdrawn."""

import asyncio
import json
from datetime import timedelta

from sqlalchemy import select

from services.identity.commands.signing import SigningKeys
from services.identity.domain.key_schedule import KeySchedule
from services.identity.store import keys as key_store
from services.identity.store import mechanisms
from services.identity.store.keys import SigningKeyStore
from shared import clock
from tests.support.identity import World, later

SCHEDULE = KeySchedule(signs=timedelta(days=90), ahead=timedelta(hours=24))


def process(world: World) -> SigningKeys:
    """The keys as another process has them."""
    keyring = world.app.state.runtime.keyring
    store = SigningKeyStore(lambda: keyring)
    return SigningKeys(world.provider.db, store, world.provider.records)


async def kids(world: World) -> list[str]:
    keys = await process(world).jwks()
    return [str(key["kid"]) for key in keys["keys"]]


async def test_many_processes_together_roll_over_once(world_anywhere: World) -> None:
    world = world_anywhere
    first = (await process(world).signer()).kid
    (following,) = set(await kids(world)) - {first}
    with clock.at(later(days=90)):
        done = await asyncio.gather(*(process(world).keep_schedule(SCHEDULE) for _ in range(6)))
        assert [one for one in done if one] == [following]
        assert (await process(world).signer()).kid == following
        assert len(await kids(world)) == 3
        assert await process(world).keep_schedule(SCHEDULE) is None


async def test_several_first_starts_make_two_keys(world_anywhere: World) -> None:
    world = world_anywhere
    async with world.provider.db.write() as tx:
        await tx.execute(key_store.signing_keys.delete())
    signers = await asyncio.gather(*(process(world).signer() for _ in range(6)))
    assert len({one.kid for one in signers}) == 1
    assert len(await kids(world)) == 2


async def test_before_its_time_nothing_moves(world: World) -> None:
    before = await kids(world)
    with clock.at(later(days=89)):
        assert await process(world).keep_schedule(SCHEDULE) is None
    with clock.at(later(days=9999)):
        assert await process(world).keep_schedule(None) is None
    assert await kids(world) == before


async def test_the_old_key_is_published_until_its_tokens_have_ended(world: World) -> None:
    old = (await process(world).signer()).kid
    with clock.at(later(days=90)):
        await process(world).keep_schedule(SCHEDULE)
    with clock.at(later(days=90, minutes=59)):
        await process(world).keep_schedule(SCHEDULE)
        assert old in await kids(world)
    with clock.at(later(days=90, minutes=61)):
        await process(world).keep_schedule(SCHEDULE)
        assert old not in await kids(world)
        assert len(await kids(world)) == 2


async def test_each_rollover_leaves_evidence(world: World) -> None:
    await kids(world)
    with clock.at(later(days=91)):
        signs = await process(world).keep_schedule(SCHEDULE)
    query = select(mechanisms.evidence.rows.c.row)
    async with world.provider.db.read() as connection:
        rows = [json.loads(row) for row in await connection.scalars(query)]
    (proof,) = [row for row in rows if row["act"] == "rotate_signing_key"]
    assert (proof["subject"], proof["actor"]) == (signs, "schedule")
