"""Serving an app on a port, on Unix sockets, or on a socket that a process manager holds."""

import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

import uvicorn

_GRACE = 10
_NOT_STARTED = 3


def serve_app(app: Any, *, host: str, port: int, uds: str | None, fd: int | None) -> None:
    """Serve until a signal comes; what is under way is finished, within bounds.

    Without `fd` on `uds`, or on host and port. With it on the socket that was handed over, which
    stays open when this process ends, so that its siblings go on with what waits there; `uds` is
    then an address of this process alone beside it.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        uds=uds if fd is None else None,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=_GRACE,
    )
    given = [] if fd is None else [socket.socket(fileno=fd)]
    if given and uds is not None:
        given.append(_own(Path(uds)))
    server = uvicorn.Server(config)
    with suppress(KeyboardInterrupt):
        server.run(sockets=given or None)
    if not server.started:
        raise SystemExit(_NOT_STARTED)


def _own(path: Path) -> socket.socket:
    """A Unix socket at `path`, whatever an earlier process left there."""
    path.unlink(missing_ok=True)
    bound = socket.socket(socket.AF_UNIX)
    bound.bind(str(path))
    path.chmod(0o600)
    return bound
