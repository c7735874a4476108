"""Notices that the caller hung up while an answer is awaited, and stops the work for it."""

import asyncio
from types import TracebackType
from typing import Self

from starlette.types import Receive

from gateway.proxy.bodies import ClientGone, Incoming
from shared.http.wire import Streamed

# An answer that comes sooner than this never costs the task that watches.
_PATIENCE = 0.05


class Watch:
    """A context in which the work is cancelled, as ClientGone, once the caller is gone."""

    def __init__(self, receive: Receive, body: bytes | Streamed) -> None:
        """`body`: while it streams, its reader is the one who notices."""
        self._receive = receive
        self._streaming = body.parts if isinstance(body, Streamed) else None
        self._work: asyncio.Task[object] | None = None
        self._task: asyncio.Task[None] | None = None
        self._gone = False

    async def __aenter__(self) -> Self:
        self._work = asyncio.current_task()
        self._later()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._handle.cancel()
        if self._task is not None:
            self._task.cancel()
        if self._gone and kind is asyncio.CancelledError and self._work is not None:
            self._work.uncancel()
            raise ClientGone from error

    def _later(self) -> None:
        self._handle = asyncio.get_running_loop().call_later(_PATIENCE, self._start)

    def _start(self) -> None:
        if isinstance(self._streaming, Incoming) and not self._streaming.ended:
            self._later()
            return
        self._task = asyncio.create_task(self._wait())

    async def _wait(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        if self._work is not None:
            self._gone = True
            self._work.cancel()
