from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.gateways import Running, Stack, Start, launch


@pytest_asyncio.fixture(loop_scope="module")
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Start a gateway; `upstreams` replaces the echo of a service, None leaves it down."""
    stack = Stack(tmp_path)
    yield lambda **options: launch(stack, **options)
    await stack.close()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """A gateway in front of echoes, for the tests of one module that leave it as it was."""
    stack = Stack(tmp_path_factory.mktemp("sockets"))
    yield await launch(stack)
    await stack.close()
