"""Servers that say exactly what a test wants, byte by byte: the types of their fixtures."""

import asyncio
from collections.abc import Awaitable, Callable

from shared.http.wire import Upstream

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Serve = Callable[..., Awaitable[Upstream]]
Saying = Callable[..., Talk]
