import asyncio
from typing import Any

import pytest

from shared.auth import InvalidToken, KeysUnavailable, SigningKeys, Verifier
from tests.support.tokens import AUDIENCE, ISSUER, Issuer, new_key
from tests.unit.auth.conftest import Ticks


async def reasons(verifier: Verifier, tokens: list[str]) -> set[str]:
    outcomes = await asyncio.gather(*map(verifier.verify, tokens), return_exceptions=True)
    return {o.reason.value if isinstance(o, InvalidToken) else "good" for o in outcomes}


async def test_two_hundred_unknown_keys_at_once_cause_one_fetch(
    issuer: Issuer, verifier: Verifier, ticks: Ticks
) -> None:
    await verifier.verify(issuer.token())
    ticks.now += 60
    stranger = new_key()
    tokens = [issuer.token(key=stranger) for _ in range(200)]
    assert await reasons(verifier, tokens) == {"unknown_key"}
    assert issuer.fetches == 2


async def test_a_stranger_cannot_make_us_fetch_again_and_again(
    issuer: Issuer, verifier: Verifier, ticks: Ticks
) -> None:
    for _ in range(10):
        await reasons(verifier, [issuer.token(key=new_key())])
        ticks.now += 1
    assert issuer.fetches == 2  # at 0 s and at 5 s


async def test_a_new_key_is_found_by_its_first_token(
    issuer: Issuer, verifier: Verifier, ticks: Ticks
) -> None:
    before = issuer.token()
    await verifier.verify(before)
    issuer.roll()
    ticks.now += 60
    assert await reasons(verifier, [before, *(issuer.token() for _ in range(200))]) == {"good"}
    assert issuer.fetches == 2


async def test_a_known_key_goes_on_while_the_issuer_is_away(
    issuer: Issuer, verifier: Verifier, ticks: Ticks
) -> None:
    await verifier.verify(issuer.token())
    issuer.down = True
    ticks.now += 100_000
    assert await reasons(verifier, [issuer.token() for _ in range(20)]) == {"good"}
    assert await reasons(verifier, [issuer.token(key=new_key())]) == {"unknown_key"}
    assert issuer.fetches == 2


async def test_without_any_key_ever_the_fault_is_not_the_callers(
    issuer: Issuer, verifier: Verifier, ticks: Ticks
) -> None:
    issuer.down = True
    for _ in range(2):
        with pytest.raises(KeysUnavailable):
            await verifier.verify(issuer.token())
    assert issuer.fetches == 1
    issuer.down = False
    ticks.now += 1
    assert await reasons(verifier, [issuer.token()]) == {"good"}


async def test_a_withdrawn_key_is_forgotten(
    issuer: Issuer, verifier: Verifier, ticks: Ticks
) -> None:
    old = issuer.key
    await verifier.verify(issuer.token())
    issuer.keys = [new_key()]
    ticks.now += 601
    await verifier.verify(issuer.token(key=old))  # asks for the keys meanwhile
    await asyncio.sleep(0.01)
    assert await reasons(verifier, [issuer.token(key=old)]) == {"unknown_key"}
    assert await reasons(verifier, [issuer.token()]) == {"good"}


@pytest.mark.parametrize("answer", [{"keys": []}, {}, [], None, {"keys": "x"}, {"keys": [{}]}])
async def test_a_useless_key_set_does_not_drop_the_known_keys(
    issuer: Issuer, ticks: Ticks, answer: Any
) -> None:
    useless = False

    async def jwks() -> dict[str, Any]:
        return answer if useless else await issuer.jwks()

    keys = SigningKeys(jwks, clock=ticks)
    verifier = Verifier(jwks, ISSUER, AUDIENCE, keys=keys)
    await verifier.verify(issuer.token())
    useless = True
    ticks.now += 10_000
    assert await reasons(verifier, [issuer.token(key=new_key())]) == {"unknown_key"}
    assert await reasons(verifier, [issuer.token()]) == {"good"}


async def test_a_hanging_issuer_is_given_up(issuer: Issuer) -> None:
    async def jwks() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    verifier = Verifier(jwks, ISSUER, AUDIENCE, keys=SigningKeys(jwks, timeout=0.02))
    with pytest.raises(KeysUnavailable):
        await verifier.verify(issuer.token())


async def test_one_caller_who_gives_up_does_not_end_the_fetch(issuer: Issuer) -> None:
    answer = asyncio.Event()

    async def jwks() -> dict[str, Any]:
        await answer.wait()
        return await issuer.jwks()

    verifier = Verifier(jwks, ISSUER, AUDIENCE)
    first = asyncio.create_task(verifier.verify(issuer.token()))
    second = asyncio.create_task(verifier.verify(issuer.token()))
    await asyncio.sleep(0)
    first.cancel()
    answer.set()
    assert (await second).is_person
    assert issuer.fetches == 1


async def test_closing_ends_a_fetch_under_way() -> None:
    async def jwks() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    keys = SigningKeys(jwks)
    asking = asyncio.create_task(keys.find("k"))
    await asyncio.sleep(0)
    await keys.close()
    with pytest.raises(asyncio.CancelledError):
        await asking
