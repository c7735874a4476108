"""The one step before the services of a stack start: keys, schemas and the demo.

    python -m deploy.stack.prepare DEMO_FILE

It works as the owners of the schemas, once for all processes, so that two of a service never race
in making a key. What is there already stays; cut short, it is simply done again.
"""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path

from fastapi import FastAPI

from deploy.assembly import open_services
from deploy.demo.making import make_demo
from deploy.stack.programs import services
from deploy.startup import CannotStart
from shared.service import Runtime


def main() -> int:
    """Prepare; 2 and one line when that cannot be."""
    try:
        asyncio.run(_prepare(Path(sys.argv[1])))
    except CannotStart as reason:
        sys.stderr.write(f"{reason}\n")
        return 2
    return 0


async def _prepare(demo: Path) -> None:
    apps = open_services(services())
    try:
        for app in apps.values():
            await _require_keys(app.state.runtime)
            await app.state.runtime.migrations.upgrade(app.state.runtime.db)
            app.state.runtime.open_keys()
        await apps["identity"].state.provider.keys.jwks()
        await make_demo(apps, demo)
    finally:
        await _close(apps)


async def _require_keys(runtime: Runtime) -> None:
    """Refuse data without the keys that sealed them: new keys would open nothing of it."""
    keyring = runtime.keys.keyring
    if keyring.exists() or await runtime.migrations.current(runtime.db) is None:
        return
    raise CannotStart(
        f"{runtime.name} 的数据库有数据，却没有密钥 {keyring} (there are data, but not the keys "
        "of them)。从备份恢复 keys/，或重新开始 (restore keys/, or begin anew)："
        "make stack-down WIPE=1"
    )


async def _close(apps: Mapping[str, FastAPI]) -> None:
    for app in apps.values():
        await app.state.runtime.close()
    provider = apps["identity"].state.provider
    provider.passwords.close()
    await provider.own_tokens.close()


if __name__ == "__main__":
    raise SystemExit(main())
