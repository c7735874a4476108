"""Puts the demo into services whose schemas are there; what is there already stays."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from deploy.demo import accounts, content


async def make_demo(apps: Mapping[str, FastAPI], file: Path) -> dict[str, Any]:
    """Accounts, clients, items, resources and permits; gives what `file` then says of them.

    The file is written last: a first start that was cut short is simply done again.
    """
    settings = apps["identity"].state.runtime.settings
    known = accounts.read(file)
    demo = (known or accounts.invent("", "")) | {
        "base": settings.public_base,
        "issuer": settings.issuer,
    }
    await accounts.make(apps["identity"], demo)
    if known is None or not await content.is_whole(apps):
        await content.load_items(apps)
    await content.load_sources(apps)
    if demo != known:
        accounts.write(file, demo)
    return demo
