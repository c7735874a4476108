"""Which passwords are taken, and how they are hashed."""

import asyncio

import pytest

from services.identity.commands.passwords import Passwords
from services.identity.domain.errors import Invalid
from services.identity.domain.passwords import check_password


@pytest.mark.parametrize(
    "password", ["correct horse battery", "春眠不觉晓处处闻啼鸟夜来风雨声", "x7!kQ2@pL9#mZ4$"]
)
def test_long_ones_are_taken_whatever_they_are_made_of(password: str) -> None:
    assert check_password(password, "zhangsan") == password


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "a" * 15,
        "a" * 257,
        "password123456password",
        "zhangsanzhangsan",
        "13800138000138001380",
    ],
)
def test_short_ones_and_those_that_everybody_tries_are_refused(password: str) -> None:
    with pytest.raises(Invalid):
        check_password(password, "zhangsan", "13800138000")


async def test_a_hash_matches_its_password_alone() -> None:
    passwords = Passwords(workers=1)
    hashed = await passwords.hash("a sentence to keep")
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await passwords.matches(hashed, "a sentence to keep")
    assert not await passwords.matches(hashed, "another sentence")
    assert not await passwords.matches(None, "a sentence to keep")
    assert not await passwords.matches("rubbish", "a sentence to keep")
    passwords.close()


async def test_the_event_loop_goes_on_while_passwords_are_hashed() -> None:
    passwords = Passwords(workers=1)
    turns = 0
    hashing = asyncio.gather(*(passwords.hash("a sentence to keep") for _ in range(4)))
    while not hashing.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert turns > 20
    passwords.close()
