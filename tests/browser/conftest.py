"""A real Chromium on a real onebox."""

import os
import shutil
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from tests.support.onebox import Onebox, running

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
_MISSING = "Chromium is not installed: `apt-get install chromium fonts-noto-cjk` brings it"


@pytest.fixture(scope="package")
def onebox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Onebox]:
    """A onebox that is ready."""
    with running(tmp_path_factory.mktemp("onebox")) as ready:
        yield ready


@pytest.fixture(scope="package")
def chromium() -> str:
    """Where Debian's Chromium is; skips where there is none, unless it is required."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if found is None and os.environ.get("BROWSER_REQUIRED"):
        pytest.fail(_MISSING)
    if found is None:
        pytest.skip(_MISSING)
    return found


@pytest.fixture
async def browser(chromium: str) -> AsyncGenerator[Browser]:
    """A browser of its own for each test."""
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=chromium, args=_ARGUMENTS)
        yield started
        await started.close()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where a test leaves its screenshots (SCREENSHOTS names a folder to keep them in)."""
    folder = Path(os.environ.get("SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
