"""Everything in one process: `make run`, for a fresh machine, a demo or a village office.

One event loop; each service is its own server on a Unix socket, and the gateway listens on the
public port, so that the path through the code is that of production.
"""

import asyncio
import gc
import os
import socket
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from deploy.demo import accounts, content
from deploy.demo.making import make_demo
from deploy.servers import Servers, on_socket, until_signal
from deploy.startup import (
    CannotStart,
    claimed,
    listen,
    port_number,
    require_keys,
    require_room,
    rolled,
    sockets_folder,
)
from shared import failpoints

# Traces first: it is stopped last, and takes the others' last spans.
SERVICES = ("traces", "identity", "catalogue", "cases", "exchange", "portal")


def defaults(folder: Path, run: Path, port: str) -> dict[str, str]:
    """The environment of a onebox whose data lie in `folder`; what is set already stays."""
    found = {
        "TONGBAN_ENVIRONMENT": "onebox",
        "PUBLIC_BASE": f"http://localhost:{port}",
        "EVENTS_URL": f"sqlite:///{folder}/events.db",
        "KEYS_FOLDER": f"{folder}/keys",
        "GATEWAY_PORT": port,
        "GATEWAY_URL": f"http://127.0.0.1:{port}",
        "CATALOGUE_SYNONYMS_FILE": str(content.SYNONYMS),
        "IDENTITY_MESSAGES_URL": f"file:{folder}/messages.jsonl",
        "IDENTITY_REGISTER_URL": f"unix:{run}/department.sock",
        "IDENTITY_REGISTER_KEY_FILE": f"{folder}/keys/connectors/demo-department.key",
        "DEPARTMENT_URL": f"unix:{run}/department.sock",
        "DEMO_DEPARTMENT_DOWN_FILE": f"{folder}/department.down",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"unix:{run}/traces.sock",
        "TELEMETRY_SAMPLE": "1",
    }
    for name in SERVICES:
        found[f"{name.upper()}_URL"] = f"unix:{run}/{name}.sock"
        found[f"{name.upper()}_DATABASE_URL"] = f"sqlite:///{folder}/{name}.db"
    return found


def main() -> None:
    """Start, or say in one line why not."""
    folder = Path(os.environ.get("TONGBAN_VAR", "var"))
    port = os.environ.get("GATEWAY_PORT", "8000")
    try:
        with claimed(folder):
            require_room(folder)
            host = os.environ.get("GATEWAY_HOST", "127.0.0.1")
            listening = listen(host, port_number(port))
            for name, value in defaults(folder, sockets_folder(folder), port).items():
                os.environ.setdefault(name, value)
            asyncio.run(_run(folder, listening))
    except CannotStart as reason:
        _say(str(reason))
        raise SystemExit(2) from None
    except Exception as error:
        _say(f"意外停止 (stopped by an error)：{error!r}；详见 {folder}/onebox.log")
        raise


async def _run(folder: Path, listening: socket.socket) -> None:
    began = time.monotonic()
    # Imported here: the settings that they read stand in the environment only now.
    from deploy.assembly import gateway_config, open_services  # noqa: PLC0415

    apps = open_services(SERVICES)
    try:
        failpoints.arm(os.environ.get("FAILPOINT", ""))
    except ValueError as error:
        raise CannotStart(str(error)) from None
    gateway = gateway_config()
    _log_to(folder)  # from here on: a wrong setting was told on the terminal
    demo = await _prepare(apps, folder / "demo.json")
    servers = Servers()
    try:
        run = Path(os.environ["IDENTITY_URL"].removeprefix("unix:")).parent
        await servers.start(on_socket(content.department_system(), run / "department.sock"))
        for name, app in apps.items():
            await servers.start(on_socket(app, run / f"{name}.sock"))
        await servers.start(gateway, listening)
        gc.collect()
        gc.freeze()
        _say(accounts.welcome(demo, time.monotonic() - began, folder / "demo.json"))
        await until_signal()
        _say("正在停止 … (stopping)")
    finally:
        await servers.stop()
    _say(f"已停止，数据在 {folder}/ (stopped; your data stay in {folder}/)")


async def _prepare(apps: Mapping[str, FastAPI], file: Path) -> dict[str, Any]:
    """Bring every schema forward and the demo in; what is there already stays."""
    for app in apps.values():
        require_keys(app.state.runtime)
        await app.state.runtime.migrations.upgrade(app.state.runtime.db)
    return await make_demo(apps, file)


def _log_to(folder: Path) -> None:
    """Send the JSON log to a file, so that the terminal shows what a person wants to read."""
    if os.environ.get("TONGBAN_LOG") == "-":
        return
    log = os.open(rolled(folder / "onebox.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, sys.stderr.fileno())
    os.close(log)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
