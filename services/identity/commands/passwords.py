"""Password hashing (argon2id) off the event loop, by as many threads as there are cores."""

import asyncio
import os
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, TypeVarTuple

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

from services.identity.domain.passwords import normal

# OWASP's second setting: 19 MiB and two passes, about 55 ms of one core.
_HASHER = argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_MOST_WAITING = 1_000

A = TypeVarTuple("A")
R = TypeVar("R")


class TooBusy(Exception):
    """More logins wait for their turn than can be served in reasonable time."""


class Passwords:
    """A bounded pool: a storm of logins waits here, and everything else goes on."""

    def __init__(self, workers: int | None = None) -> None:
        self._pool = ThreadPoolExecutor(workers or os.cpu_count() or 1, "argon2")
        self._waiting = 0
        # Unknown accounts are checked against this, so that they take as long as known ones.
        self._nobodys = _HASHER.hash(secrets.token_urlsafe(32))

    async def hash(self, password: str) -> str:
        """The hash to store."""
        return await self._run(_HASHER.hash, normal(password))

    async def matches(self, hashed: str | None, password: str) -> bool:
        """Whether the password belongs to the hash; equally slow when there is no hash."""
        good = await self._run(_verify, hashed or self._nobodys, normal(password))
        return good and hashed is not None

    def outdated(self, hashed: str) -> bool:
        """Whether it was made with weaker settings than today's."""
        return _HASHER.check_needs_rehash(hashed)

    def close(self) -> None:
        """Let the threads end."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _run(self, act: Callable[[*A], R], *args: *A) -> R:
        if self._waiting >= _MOST_WAITING:
            raise TooBusy
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, act, *args)
        finally:
            self._waiting -= 1


def _verify(hashed: str, password: str) -> bool:
    try:
        return _HASHER.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False
