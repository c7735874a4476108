"""python -m deploy.demo.department: serve the registers on a Unix socket, or on a port."""

from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from deploy.demo.department.app import create_app


def serve(
    uds: Annotated[Path, typer.Option(help="the socket")] = Path("var/run/department.sock"),
    port: Annotated[int | None, typer.Option(help="a port of this machine instead")] = None,
) -> None:
    """Serve until stopped."""
    app = create_app()
    if port is not None:
        uvicorn.run(app, host="127.0.0.1", port=port, access_log=False)
        return
    uds.parent.mkdir(parents=True, exist_ok=True)
    uvicorn.run(app, uds=str(uds), access_log=False)


typer.run(serve)
