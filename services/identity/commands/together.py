"""Many who ask the same kind of question at once are answered by one statement."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

_MOST = 200


class Together(Generic[K, V]):
    """Whoever asks while a statement is under way goes with the next one.

    A statement always begins after the question that it answers, so nothing old is told; under
    load its cost is shared, and who asks alone waits for nobody.
    """

    def __init__(self, ask: Callable[[Collection[K]], Awaitable[Mapping[K, V]]]) -> None:
        """`ask` answers what it can; of the rest is said that there is nothing."""
        self._ask = ask
        self._waiting: dict[K, list[asyncio.Future[V | None]]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def __call__(self, key: K) -> V | None:
        """The answer for one."""
        told: asyncio.Future[V | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(told)
        if self._asking is None:
            self._asking = asyncio.create_task(self._answer_all())
        return await told

    async def close(self) -> None:
        """Let what is under way end."""
        if self._asking is not None:
            await self._asking

    async def _answer_all(self) -> None:
        try:
            while self._waiting:
                keys = list(self._waiting)[:_MOST]
                await self._answer({key: self._waiting.pop(key) for key in keys})
        finally:
            self._asking = None

    async def _answer(self, batch: dict[K, list[asyncio.Future[V | None]]]) -> None:
        try:
            found = await self._ask(batch.keys())
        except Exception as error:  # noqa: BLE001 - whoever waits is told
            for told in _open(batch):
                told.set_exception(error)
            return
        for key, waiting in batch.items():
            for told in waiting:
                if not told.done():
                    told.set_result(found.get(key))


def _open(batch: dict[K, list[asyncio.Future[V | None]]]) -> list[asyncio.Future[V | None]]:
    return [told for waiting in batch.values() for told in waiting if not told.done()]
